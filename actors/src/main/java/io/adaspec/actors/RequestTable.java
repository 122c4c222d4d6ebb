package io.adaspec.actors;

import io.adaspec.runtime.request.RequestId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * Who owns which request: the owners of requests that still get tokens, and all owners alive, some
 * of which only wait for their consumer. Not thread-safe.
 */
final class RequestTable {
  private final Map<RequestId, ActorRef<RequestActor.Command>> running = new HashMap<>();
  private final Map<ActorRef<RequestActor.Command>, RequestId> alive = new HashMap<>();

  boolean isRunning(RequestId id) {
    return running.containsKey(id);
  }

  void add(RequestId id, ActorRef<RequestActor.Command> owner) {
    running.put(id, owner);
    alive.put(owner, id);
  }

  Optional<ActorRef<RequestActor.Command>> owner(RequestId id) {
    return Optional.ofNullable(running.get(id));
  }

  /** The request gets no more tokens; false when it did not run. */
  boolean end(RequestId id) {
    return running.remove(id) != null;
  }

  /** The owner is gone; returns the request that thereby lost its owner while it ran. */
  Optional<RequestId> forget(ActorRef<RequestActor.Command> owner) {
    RequestId id = alive.remove(owner);
    return id != null && running.remove(id, owner) ? Optional.of(id) : Optional.empty();
  }

  /** Whether nobody waits for anything any more. */
  boolean isEmpty() {
    return alive.isEmpty();
  }

  List<RequestId> running() {
    return List.copyOf(running.keySet());
  }

  /** Tells all owners, also those that only wait for their consumer. */
  void tellAll(RequestActor.Command command) {
    alive.keySet().forEach(owner -> owner.tell(command));
  }
}
