package io.adaspec.actors;

import io.adaspec.runtime.request.RequestId;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The handle of a request whose owner is being started by its stream. */
record StreamGeneration(RequestId id, CompletionStage<Running> running) implements Generation {

  /**
   * A started request.
   *
   * @param canceller tells its owner that no more output is wanted
   * @param completion completed by its owner
   */
  record Running(Runnable canceller, CompletableFuture<GenerationSummary> completion) {}

  @Override
  public void cancel() {
    running.thenAccept(started -> started.canceller().run());
  }

  @Override
  public CompletionStage<GenerationSummary> completion() {
    return running.thenCompose(Running::completion);
  }
}
