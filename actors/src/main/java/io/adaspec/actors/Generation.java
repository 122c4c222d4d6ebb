package io.adaspec.actors;

import io.adaspec.runtime.request.RequestId;
import java.util.concurrent.CompletionStage;

/** The handle of a running request. Thread-safe. */
public interface Generation {
  RequestId id();

  /**
   * Ends the request within one step: what is computed already is delivered, then {@code
   * Finished(CANCELLED)}. Does nothing once it has ended.
   */
  void cancel();

  /**
   * Completes when the engine has done its part, whatever the consumer does; a cancelled request
   * completes too.
   *
   * @return fails with {@link RequestRefusedException} or {@link EngineFailedException}
   */
  CompletionStage<GenerationSummary> completion();
}
