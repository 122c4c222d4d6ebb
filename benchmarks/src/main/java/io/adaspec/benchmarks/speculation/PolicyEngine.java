package io.adaspec.benchmarks.speculation;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.scheduler.Scheduler;
import io.adaspec.runtime.scheduler.SchedulerLimits;
import io.adaspec.runtime.scheduler.StepOutcome;
import io.adaspec.runtime.scheduler.WaitingQueue;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.StepReport;
import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.time.NanoClock;
import java.util.List;
import java.util.Optional;

/** One device under one policy, driven as fast as it goes. What it learns, it keeps. */
final class PolicyEngine implements AutoCloseable {
  /**
   * What some requests took.
   *
   * @param tokens output tokens
   * @param nanos wall time, scheduling included
   */
  record Run(long tokens, long nanos, long drafted, long accepted, long steps) {
    double tokensPerSecond() {
      return tokens * 1e9 / nanos;
    }
  }

  private final Device device;
  private final WaitingQueue waiting = new WaitingQueue(1000, 10_000_000);
  private final Scheduler scheduler;
  private final NanoClock clock = NanoClock.system();
  private int requests;

  PolicyEngine(Device device, PolicySnapshot policy, CostModel cost) {
    this.device = device;
    this.scheduler =
        new Scheduler(device.info(), waiting, SchedulerLimits.defaults(), policy, cost);
  }

  /** Runs all prompts at once, each to its last token. */
  Run run(List<TokenIds> prompts, int outputTokens, float temperature, long seed) {
    long start = clock.nanoTime();
    for (TokenIds prompt : prompts) {
      int number = requests++;
      SamplingParams sampling =
          temperature == 0
              ? SamplingParams.greedy()
              : SamplingParams.of(temperature, seed + number % prompts.size());
      waiting.submit(
          InferenceRequest.builder("r" + number, prompt, outputTokens, start)
              .sampling(sampling)
              .cacheSalt("r" + number)
              .build());
    }
    long tokens = 0;
    long drafted = 0;
    long accepted = 0;
    long steps = 0;
    for (Optional<StepPlan> plan = scheduler.schedule(clock.nanoTime());
        plan.isPresent();
        plan = scheduler.schedule(clock.nanoTime())) {
      StepOutcome outcome = scheduler.commit(device.execute(plan.get()), clock.nanoTime());
      StepReport report = outcome.report();
      tokens += report.emittedTokens();
      drafted += report.draftedTokens();
      accepted += report.acceptedTokens();
      steps++;
    }
    return new Run(tokens, clock.nanoTime() - start, drafted, accepted, steps);
  }

  @Override
  public void close() {
    device.close();
  }
}
