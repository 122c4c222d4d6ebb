package io.adaspec.actors;

import java.io.Serial;

/** The engine could not finish a request that it had taken; the message says why. */
public final class EngineFailedException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  public EngineFailedException(String message) {
    super(message);
  }

  public EngineFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
