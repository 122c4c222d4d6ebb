package io.adaspec.runtime.step;

import java.util.List;

/**
 * What came of one step.
 *
 * @param planId the plan that was executed
 * @param sequences one entry per sequence, in the plan's order
 * @param timing where the time went
 */
public record StepResult(long planId, List<SequenceResult> sequences, StepTiming timing) {
  public StepResult {
    sequences = List.copyOf(sequences);
  }
}
