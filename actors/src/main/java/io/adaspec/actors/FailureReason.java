package io.adaspec.actors;

/** Why a request that was taken could not be finished. */
public enum FailureReason {
  /** Something unexpected; the message and the log say what. */
  INTERNAL(false),
  /** Its consumer took nothing for too long. */
  SLOW_CONSUMER(false),
  /** Steps that it took part in failed again and again. */
  GIVEN_UP(false),
  /** It has grown longer than the KV memory of the devices that are left. */
  NEVER_FITS(false),
  /** No device is left; the engine must be started again. */
  DEVICES_LOST(false),
  /** The engine shut down before it was finished. */
  SHUTDOWN(true),
  /** The scheduler failed and has started anew. */
  SCHEDULER_RESTARTED(true),
  /** Its worker is gone, or an event was lost on the way from it. */
  WORKER_LOST(true);

  private final boolean retryable;

  FailureReason(boolean retryable) {
    this.retryable = retryable;
  }

  /** Whether the same request, sent again, is likely to succeed without anybody's doing. */
  public boolean retryable() {
    return retryable;
  }

  /** Whether a request whose output is complete fails too, although only its delivery is left. */
  boolean endsDelivery() {
    return switch (this) {
      case DEVICES_LOST, SCHEDULER_RESTARTED, GIVEN_UP, NEVER_FITS -> false;
      case INTERNAL, SLOW_CONSUMER, SHUTDOWN, WORKER_LOST -> true;
    };
  }
}
