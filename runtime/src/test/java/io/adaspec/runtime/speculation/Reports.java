package io.adaspec.runtime.speculation;

import java.util.List;

/** Step reports for tests. */
final class Reports {
  private Reports() {}

  /** A step of these sequences that took no measurable time. */
  static StepReport of(StepReport.Drafted... sequences) {
    return timed(0, 0, 0, 0, 1, sequences);
  }

  /** A step that took longer from its planning to its commit. */
  static StepReport committedLater(long moreNanos, StepReport step) {
    return new StepReport(
        step.planId(),
        step.policyVersion(),
        step.strategy(),
        step.atNanos(),
        step.predictedNanos(),
        step.totalNanos() + moreNanos,
        step.executeNanos(),
        step.draftNanos(),
        step.verifyNanos(),
        step.draftPasses(),
        step.draftRows(),
        step.draftContextReads(),
        step.targetRows(),
        step.targetContextReads(),
        step.prefillRows(),
        step.emittedTokens(),
        step.preemptions(),
        step.sequences());
  }

  static StepReport timed(
      long draftNanos,
      long verifyNanos,
      int draftPasses,
      int draftRows,
      int targetRows,
      StepReport.Drafted... sequences) {
    int emitted = 0;
    for (StepReport.Drafted each : sequences) {
      emitted += each.emitted();
    }
    return new StepReport(
        0,
        0,
        "test",
        0,
        0,
        draftNanos + verifyNanos,
        draftNanos + verifyNanos,
        draftNanos,
        verifyNanos,
        draftPasses,
        draftRows,
        0,
        targetRows,
        0,
        0,
        emitted,
        0,
        List.of(sequences));
  }
}
