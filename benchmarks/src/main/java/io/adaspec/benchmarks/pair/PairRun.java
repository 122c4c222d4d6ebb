package io.adaspec.benchmarks.pair;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.scheduler.Scheduler;
import io.adaspec.runtime.scheduler.SchedulerLimits;
import io.adaspec.runtime.scheduler.WaitingQueue;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Verifier;
import io.adaspec.runtime.step.SequenceResult;
import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.step.StepResult;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Serves prompts on one device by a scheduler without actors, and counts what drafts were worth.
 */
final class PairRun {
  private static final SchedulerLimits LIMITS = new SchedulerLimits(16, 512, 32);

  /**
   * What became of the drafts.
   *
   * @param drafted draft tokens proposed
   * @param accepted draft tokens kept
   * @param verifies passes of a sequence that verified at least one draft token
   * @param emitted output tokens of these passes
   */
  record Counts(long drafted, long accepted, long verifies, long emitted) {
    double rate() {
      return (double) accepted / drafted;
    }

    double length() {
      return (double) emitted / verifies;
    }

    private Counts plus(SequenceResult result) {
      return result.verified() == 0
          ? this
          : new Counts(
              drafted + result.drafted(),
              accepted + result.accepted(),
              verifies + 1,
              emitted + result.emitted().length);
    }
  }

  /** {@code fixed:K} does not ask how long anything takes. */
  private static final class NoCost implements CostModel {
    @Override
    public double targetPassNanos(int rows, long contextTokens) {
      return rows;
    }

    @Override
    public double draftPassNanos(int rows, long contextTokens) {
      return rows;
    }

    @Override
    public double overheadNanos(int sequences) {
      return 0;
    }
  }

  private PairRun() {}

  /**
   * Generates after every prompt.
   *
   * @param draftTokens drafts of every step
   * @param temperature 0 for greedy, else coupled sampling with the prompt's number as its seed
   */
  static Counts of(
      Device device,
      List<TokenIds> prompts,
      int outputTokens,
      int draftTokens,
      float temperature,
      TokenIds stopTokens) {
    return of(
        device,
        prompts,
        outputTokens,
        new PolicySnapshot(
            1, "fixed:" + draftTokens, DrafterKind.MODEL, draftTokens, Verifier.COUPLED),
        temperature,
        stopTokens,
        result -> {});
  }

  /** The same under any policy; {@code onResult} hears of every sequence of every step. */
  static Counts of(
      Device device,
      List<TokenIds> prompts,
      int outputTokens,
      PolicySnapshot policy,
      float temperature,
      TokenIds stopTokens,
      Consumer<SequenceResult> onResult) {
    WaitingQueue waiting = new WaitingQueue(prompts.size(), Integer.MAX_VALUE);
    Scheduler scheduler = new Scheduler(device.info(), waiting, LIMITS, policy, new NoCost());
    for (int i = 0; i < prompts.size(); i++) {
      waiting.submit(
          InferenceRequest.builder("prompt-" + i, prompts.get(i), outputTokens, i)
              .sampling(SamplingParams.of(temperature, i))
              .stopTokens(stopTokens)
              .build());
    }
    Counts counts = new Counts(0, 0, 0, 0);
    long now = prompts.size();
    for (Optional<StepPlan> plan = scheduler.schedule(now);
        plan.isPresent();
        plan = scheduler.schedule(++now)) {
      StepResult result = device.execute(plan.get());
      for (SequenceResult sequence : result.sequences()) {
        counts = counts.plus(sequence);
        onResult.accept(sequence);
      }
      scheduler.commit(result, now);
    }
    return counts;
  }
}
