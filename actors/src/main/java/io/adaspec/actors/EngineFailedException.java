package io.adaspec.actors;

import java.io.Serial;

/** The engine could not finish a request that it had taken; the message says why. */
public final class EngineFailedException extends RuntimeException {
  @Serial private static final long serialVersionUID = 2L;

  private final FailureReason reason;

  /** A failure for a reason that has no name. */
  public EngineFailedException(String message) {
    this(FailureReason.INTERNAL, message);
  }

  public EngineFailedException(FailureReason reason, String message) {
    super(message);
    this.reason = reason;
  }

  /** The kind of failure. */
  public FailureReason reason() {
    return reason;
  }

  /** Whether the same request, sent again, is likely to succeed. */
  public boolean retryable() {
    return reason.retryable();
  }
}
