package io.adaspec.actors;

import java.time.Duration;

/**
 * Why a request was not taken. Immutable data, safe to send anywhere.
 *
 * @param reason the kind
 * @param message what, the value and the remedy, for the client
 * @param predictedWait how long it would have waited; zero where that is not the point
 * @param retryAfter when it is worth trying again; zero when it never is
 */
public record Refusal(Reason reason, String message, Duration predictedWait, Duration retryAfter) {
  /** The kinds of refusal. */
  public enum Reason {
    /** Not a prompt of this model: no retry helps. */
    INVALID,
    /** Longer than the context or than all KV memory: no retry helps. */
    NEVER_FITS,
    /** Too many requests or tokens wait already. */
    QUEUE_FULL,
    /** The predicted wait exceeds its TTFT target. */
    TOO_LATE,
    /** A request of the same id is running. */
    DUPLICATE_ID,
    /** The engine is shutting down. */
    DRAINING,
    /** No device is ready. */
    NO_DEVICE
  }

  /** Whether the same request may be taken later, without anybody's doing. */
  public boolean retryable() {
    return retryAfter.isPositive();
  }

  /** Whether the request can never be served here, now or later. */
  public boolean neverFits() {
    return reason == Reason.NEVER_FITS || reason == Reason.INVALID;
  }
}
