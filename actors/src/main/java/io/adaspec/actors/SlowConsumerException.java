package io.adaspec.actors;

import java.io.Serial;

/**
 * The consumer of a stream stood still for longer than {@code adaspec.streams.stall-timeout}; its
 * request was cancelled and its KV blocks freed.
 */
public final class SlowConsumerException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  public SlowConsumerException(String message) {
    super(message);
  }
}
