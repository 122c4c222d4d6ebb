package io.adaspec.actors;

import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.RequestId;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * The engine for typed actors: send {@link Generate} to {@link Engine#requests}, get {@link
 * Delivery}s back, as many events as credit was given. The same messages go between nodes.
 */
public final class EngineProtocol {
  private EngineProtocol() {}

  /** What an engine takes. */
  public sealed interface Command extends WireMessage {}

  /**
   * Starts a request. It is cancelled when {@code replyTo} terminates.
   *
   * @param request what to generate
   * @param replyTo gets {@link Started} first, or {@link Refused}
   * @param credit events that may be delivered before the first {@link Demand}
   */
  public record Generate(InferenceRequest request, ActorRef<Delivery> replyTo, long credit)
      implements Command {
    public Generate {
      if (credit < 0) {
        throw new IllegalArgumentException("credit must not be negative, is " + credit);
      }
    }
  }

  /** What the consumer of a request gets. */
  public sealed interface Delivery extends WireMessage {
    /** The request it belongs to. */
    RequestId id();
  }

  /** The first delivery: where to send {@link Control}s. */
  public record Started(RequestId id, ActorRef<Control> control) implements Delivery {}

  /**
   * One event.
   *
   * @param sequenceNumber 1 for the first event of the request, then without gaps
   */
  public record Delivered(RequestId id, long sequenceNumber, TokenEvent event)
      implements Delivery {}

  /** The request was not taken; the last delivery. Needs no credit. */
  public record Refused(RequestId id, Refusal refusal) implements Delivery {}

  /**
   * The request could not be finished; the last delivery. Needs no credit.
   *
   * @param reason the kind of failure, and whether a retry helps
   * @param message what happened
   */
  public record Failed(RequestId id, FailureReason reason, String message) implements Delivery {
    /** The failure as a stream's end. */
    RuntimeException exception() {
      return reason == FailureReason.SLOW_CONSUMER
          ? new SlowConsumerException(message)
          : new EngineFailedException(reason, message);
    }
  }

  /** What the consumer of a request may say. */
  public sealed interface Control extends WireMessage {}

  /**
   * Allows all events up to a sequence number. Cumulative, so that a repeated or late one does no
   * harm.
   */
  public record Demand(long upTo) implements Control {}

  /** Ends the request; {@code Finished(CANCELLED)} follows. */
  public record Cancel() implements Control {}
}
