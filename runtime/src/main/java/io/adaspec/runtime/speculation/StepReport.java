package io.adaspec.runtime.speculation;

import java.util.List;

/**
 * One committed step in numbers: what was decided, what came of it, what it took. The food of cost
 * correction, calibration and metrics.
 *
 * @param planId the step
 * @param policyVersion the snapshot it followed
 * @param strategy name and parameters
 * @param atNanos when it was committed
 * @param predictedNanos what the cost model, as corrected before, expected of the work really done
 * @param totalNanos measured, from planning the step to committing it: what its sequences wait for
 * @param executeNanos measured, the device's part of that; the rest is planning and messages
 * @param draftNanos measured, all draft passes
 * @param verifyNanos measured, the target pass
 * @param draftPasses draft passes run
 * @param draftRows rows over all draft passes
 * @param draftContextReads key/value positions they read
 * @param targetRows rows of the target pass
 * @param targetContextReads key/value positions it read
 * @param prefillRows rows of the target pass that were neither decode rows nor draft tokens
 * @param emittedTokens output tokens of all sequences
 * @param preemptions sequences preempted when the step was planned
 * @param sequences what was drafted and kept, one entry per sequence of the step
 */
public record StepReport(
    long planId,
    long policyVersion,
    String strategy,
    long atNanos,
    double predictedNanos,
    long totalNanos,
    long executeNanos,
    long draftNanos,
    long verifyNanos,
    int draftPasses,
    int draftRows,
    long draftContextReads,
    int targetRows,
    long targetContextReads,
    int prefillRows,
    int emittedTokens,
    int preemptions,
    List<Drafted> sequences) {
  public StepReport {
    sequences = List.copyOf(sequences);
  }

  /**
   * One sequence's drafts.
   *
   * @param sequence its number
   * @param drafter who drafted
   * @param drafted draft tokens proposed
   * @param verified draft tokens that took part in the verify pass
   * @param accepted draft tokens kept; position {@code accepted}, when verified, is the first that
   *     was rejected, later ones were never judged
   * @param emitted output tokens
   * @param confidences [drafted] the drafter's; NaN where they were not computed
   * @param margins [drafted] largest minus second largest draft logit, or the length of an n-gram's
   *     match
   * @param acceptanceRate the sequence's own rate as the strategy saw it; NaN when unknown
   */
  public record Drafted(
      long sequence,
      DrafterKind drafter,
      int drafted,
      int verified,
      int accepted,
      int emitted,
      float[] confidences,
      float[] margins,
      double acceptanceRate) {}

  /** How far the prediction was off, as a share of the measured time. */
  public double predictionError() {
    return totalNanos == 0 ? 0 : Math.abs(predictedNanos - totalNanos) / totalNanos;
  }

  /** Draft tokens proposed. */
  public int draftedTokens() {
    return sequences.stream().mapToInt(Drafted::drafted).sum();
  }

  /** Draft tokens verified. */
  public int verifiedTokens() {
    return sequences.stream().mapToInt(Drafted::verified).sum();
  }

  /** Draft tokens kept. */
  public int acceptedTokens() {
    return sequences.stream().mapToInt(Drafted::accepted).sum();
  }
}
