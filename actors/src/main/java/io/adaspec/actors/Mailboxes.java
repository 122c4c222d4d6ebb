package io.adaspec.actors;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.pekko.actor.ActorRefWithCell;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Adapter;

/**
 * Messages that wait for the engine's actors. Counted by the library when it is asked, in time
 * linear in their number, so that sending a message costs nothing more.
 */
final class Mailboxes {
  private Mailboxes() {}

  /** Those of all actors that live as long as the engine, by their names for people. */
  static Map<String, Integer> of(
      ActorRef<BatchingActor.Command> batching,
      ActorRef<SupervisorActor.Command> supervisor,
      DeviceFleet devices) {
    Map<String, Integer> messages = new LinkedHashMap<>();
    messages.put("batching", messages(batching));
    messages.put("supervisor", messages(supervisor));
    devices.actors().forEach((name, device) -> messages.put("device " + name, messages(device)));
    return messages;
  }

  /** 0 for actors of other processes. */
  static int messages(ActorRef<?> actor) {
    return Adapter.toClassic(actor) instanceof ActorRefWithCell local
        ? local.underlying().numberOfMessages()
        : 0;
  }
}
