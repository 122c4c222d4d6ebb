package io.adaspec.api.openai;

import io.adaspec.api.http.ApiError;
import io.adaspec.api.http.ApiException;
import io.adaspec.runtime.request.FinishReason;

/** Finish reasons as completions name them. */
final class FinishReasons {
  private FinishReasons() {}

  /**
   * {@code stop} or {@code length}.
   *
   * @throws ApiException for an output that did not end by itself, which is an error for a client
   *     that still listens
   */
  static String of(FinishReason reason) {
    return switch (reason) {
      case STOP -> "stop";
      case LENGTH -> "length";
      case CANCELLED, SLOW_CONSUMER, FAILED ->
          throw new ApiException(ApiError.internal("the output ended early: " + reason));
    };
  }
}
