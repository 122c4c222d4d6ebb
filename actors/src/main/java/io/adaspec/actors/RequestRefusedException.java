package io.adaspec.actors;

import java.io.Serial;
import java.time.Duration;

/** The engine did not take the request; nothing was computed. */
public final class RequestRefusedException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  private final transient Refusal refusal;

  public RequestRefusedException(Refusal refusal) {
    super(refusal.message());
    this.refusal = refusal;
  }

  public Refusal refusal() {
    return refusal;
  }

  /** Whether the request can never be served here, now or later. */
  public boolean neverFits() {
    return refusal.neverFits();
  }

  /** How long the request would have waited. */
  public Duration predictedWait() {
    return refusal.predictedWait();
  }

  /** When it is worth trying again; zero when it never is. */
  public Duration retryAfter() {
    return refusal.retryAfter();
  }
}
