package io.adaspec.runtime.scheduler;

import io.adaspec.runtime.kvcache.PagedKv;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.StepObservation;
import io.adaspec.runtime.speculation.StepReport;
import io.adaspec.runtime.step.StepResult;
import io.adaspec.runtime.step.StepTiming;

/** What a scheduler tells others about its steps and itself, in numbers. */
final class Reports {
  private Reports() {}

  /**
   * @param cost as corrected before the step
   * @param plannedNanos when planning began
   */
  static StepReport of(
      StepPlanner.Planned step,
      StepResult result,
      Commit commit,
      CostModel cost,
      long plannedNanos,
      long nowNanos) {
    StepTiming timing = result.timing();
    return new StepReport(
        result.planId(),
        step.policy().snapshot().version(),
        step.policy().snapshot().strategy(),
        nowNanos,
        predictedNanos(step, timing, cost),
        Math.max(timing.totalNanos(), nowNanos - plannedNanos),
        timing.totalNanos(),
        timing.draftNanos(),
        timing.verifyNanos(),
        timing.draftPasses(),
        timing.draftRows(),
        timing.draftContextReads(),
        timing.targetRows(),
        timing.targetContextReads(),
        step.prefillRows(),
        commit.emittedTokens(),
        step.rows().preempted().size(),
        commit.drafted());
  }

  private static double predictedNanos(
      StepPlanner.Planned step, StepTiming timing, CostModel cost) {
    int passes = timing.draftPasses();
    double draft =
        passes == 0
            ? 0
            : passes
                * cost.draftPassNanos(
                    Math.ceilDiv(timing.draftRows(), passes), timing.draftContextReads() / passes);
    return cost.overheadNanos(step.rows().size())
        + draft
        + cost.targetPassNanos(timing.targetRows(), timing.targetContextReads())
        - cost.prefillSavingNanos(step.prefillRows());
  }

  /** How full a scheduler is after a step. */
  static StepObservation.Load observed(Residents residents, WaitingQueue waiting, KvMemory kv) {
    return new StepObservation.Load(
        residents.running().size(),
        waiting.size() + residents.preempted().size(),
        use(kv.target()),
        use(kv.draft()));
  }

  private static double use(PagedKv pool) {
    int all = pool.totalBlocks();
    return all == 0 ? 0 : (double) (all - pool.freeBlocks()) / all;
  }

  static SchedulerLoad load(
      boolean ready,
      boolean stepInFlight,
      Residents residents,
      SchedulerLimits limits,
      KvMemory kv,
      int obtainableBlocks,
      Pace pace,
      int capacityTokens) {
    int decoding = 0;
    int paused = 0;
    long prefill = 0;
    long output = 0;
    long context = 0;
    for (Sequence sequence : residents.running()) {
      paused += sequence.isPaused() ? 1 : 0;
      decoding += sequence.gap() == 1 ? 1 : 0;
      prefill += sequence.gap() > 1 ? sequence.gap() : 0;
      output += sequence.remainingOutput();
      context += sequence.knownTokens();
    }
    for (Sequence sequence : residents.preempted()) {
      paused += sequence.isPaused() ? 1 : 0;
      prefill += sequence.gap();
      output += sequence.remainingOutput();
    }
    return new SchedulerLoad(
        ready,
        stepInFlight,
        residents.activeCount(),
        decoding,
        paused,
        residents.preempted().size(),
        limits.maxSequences(),
        prefill,
        output,
        output * pace.outputShare(),
        pace.tokensPerStep(),
        capacityTokens,
        context,
        limits.stepTokens(),
        kv.target().blockTokens(),
        kv.target().totalBlocks(),
        kv.target().freeBlocks(),
        kv.lending().lent(),
        obtainableBlocks,
        kv.draft().totalBlocks(),
        kv.draft().freeBlocks());
  }
}
