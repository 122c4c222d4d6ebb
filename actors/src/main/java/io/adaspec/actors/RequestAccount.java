package io.adaspec.actors;

import io.adaspec.runtime.request.FinishReason;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.scheduler.TokenEmission;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The books of one request: its course, and how it ended, told once to everybody who asked. Not
 * thread-safe.
 */
final class RequestAccount {
  private final EngineActors engine;
  private final CompletableFuture<GenerationSummary> completion;
  private RequestProgress progress;
  private Optional<GenerationSummary> ended = Optional.empty();

  RequestAccount(
      EngineActors engine,
      InferenceRequest request,
      CompletableFuture<GenerationSummary> completion) {
    this.engine = engine;
    this.completion = completion;
    this.progress =
        RequestProgress.begin(engine.definition().settings().levels().complete(request));
  }

  /**
   * A step emitted tokens.
   *
   * @throws IllegalStateException if tokens were lost or came twice
   */
  void emitted(TokenEmission emission, long atNanos) {
    RequestProgress before = progress;
    progress = before.next(emission, atNanos);
    if (before.outputTokens() > 0 && progress.outputTokens() > before.outputTokens()) {
      long gapNanos = progress.lastTokenNanos() - before.lastTokenNanos();
      engine.observer().tokensFollowed(before.request().serviceClass(), gapNanos);
    }
  }

  boolean hasEnded() {
    return ended.isPresent();
  }

  /** What it took; empty while it runs and when it failed. */
  Optional<GenerationSummary> summary() {
    return ended;
  }

  /**
   * It has ended, for any reason but a failure.
   *
   * @param deliverable output tokens that reach the client
   */
  void end(FinishReason reason, int deliverable, long atNanos) {
    GenerationSummary summary = publish(reason, deliverable, atNanos);
    ended = Optional.of(summary);
    completion.complete(summary);
  }

  /** The engine cannot go on with it; nothing changes when it has ended already. */
  void fail(FailureReason reason, String message, int deliverable) {
    if (ended.isEmpty()) {
      publish(FinishReason.FAILED, deliverable, engine.now());
      completion.completeExceptionally(new EngineFailedException(reason, message));
    }
  }

  /** It was never taken. */
  void refuse(Refusal refusal) {
    completion.completeExceptionally(new RequestRefusedException(refusal));
  }

  /** Nobody keeps these books any more; nothing changes when they are closed already. */
  void abandon(String message) {
    completion.completeExceptionally(new EngineFailedException(message));
  }

  private GenerationSummary publish(FinishReason reason, int deliverable, long atNanos) {
    GenerationSummary summary = progress.summary(reason, deliverable, atNanos);
    engine.observer().requestFinished(summary);
    engine.supervisor().tell(new SupervisorActor.RequestEnded(summary));
    return summary;
  }
}
