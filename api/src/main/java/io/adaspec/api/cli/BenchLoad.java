package io.adaspec.api.cli;

import io.adaspec.actors.GenerationSummary;
import io.adaspec.actors.TokenEvent;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.speculation.StepReport;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.stream.javadsl.Sink;

/** Rounds of requests that arrive together. Not thread-safe. */
final class BenchLoad {
  private final RunningEngine running;
  private final StepLog log;
  private final BenchPrompts prompts;
  private final int outputTokens;
  private final SamplingParams sampling;
  private long requests;

  /**
   * @param log an observer of the engine
   * @param outputTokens of every request
   */
  BenchLoad(
      RunningEngine running,
      StepLog log,
      BenchPrompts prompts,
      int outputTokens,
      SamplingParams sampling) {
    this.running = running;
    this.log = log;
    this.prompts = prompts;
    this.outputTokens = outputTokens;
    this.sampling = sampling;
  }

  /**
   * Runs and measures one round.
   *
   * @param batch requests side by side
   * @throws CommandFailure if the round is no measurement of that many requests
   */
  BenchRound round(int batch) {
    log.take();
    List<InferenceRequest> round = new ArrayList<>();
    long arrivalNanos = running.engine().clock().nanoTime();
    for (int i = 0; i < batch; i++) {
      round.add(request(arrivalNanos));
    }
    int promptTokens = round.getFirst().prompt().size();
    List<CompletionStage<GenerationSummary>> ends = new ArrayList<>();
    for (InferenceRequest request : round) {
      ends.add(
          running
              .engine()
              .generate(request)
              .collectType(TokenEvent.Finished.class)
              .map(TokenEvent.Finished::summary)
              .runWith(Sink.last(), running.system()));
    }
    ends.forEach(end -> requireWhole(RunningEngine.await(end)));
    List<StepReport> steps = log.take();
    if (steps.stream().anyMatch(step -> step.preemptions() > 0)) {
      throw new CommandFailure(
          "the KV memory does not hold " + batch + " such requests; raise --kv-memory");
    }
    return BenchRound.of(steps, batch, promptTokens, arrivalNanos);
  }

  private InferenceRequest request(long arrivalNanos) {
    String id = "bench-" + ++requests;
    return InferenceRequest.builder(id, prompts.next(), outputTokens, arrivalNanos)
        .sampling(sampling)
        .cacheSalt(id)
        .build();
  }

  private void requireWhole(GenerationSummary summary) {
    if (summary.outputTokens() != outputTokens || summary.cachedPromptTokens() != 0) {
      throw new CommandFailure("a request ended early or was served from the cache: " + summary);
    }
  }
}
