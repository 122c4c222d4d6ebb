package io.adaspec.actors;

import io.adaspec.actors.EngineProtocol.Delivered;
import io.adaspec.actors.EngineProtocol.Delivery;
import io.adaspec.runtime.request.RequestId;
import org.apache.pekko.actor.typed.ActorRef;

/** Where a request's deliveries go and how many events it still takes. Not thread-safe. */
final class Outlet {
  private final RequestId id;
  private final ActorRef<Delivery> target;
  private long sent;
  private long allowed;

  Outlet(RequestId id, ActorRef<Delivery> target, long credit) {
    this.id = id;
    this.target = target;
    this.allowed = credit;
  }

  boolean hasCredit() {
    return sent < allowed;
  }

  /** One more than was sent. */
  boolean allowNext() {
    return allow(sent + 1);
  }

  /**
   * All up to a sequence number; less than before changes nothing.
   *
   * @return whether that is more than before, the only sign of life: demand is also repeated by
   *     those who take nothing
   */
  boolean allow(long upTo) {
    boolean more = upTo > allowed;
    allowed = Math.max(allowed, upTo);
    return more;
  }

  void deliver(TokenEvent event) {
    target.tell(new Delivered(id, ++sent, event));
  }

  /** Sends what needs no credit. */
  void announce(Delivery delivery) {
    target.tell(delivery);
  }
}
