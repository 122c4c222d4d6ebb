package io.adaspec.runtime.step;

/**
 * What a step did for one sequence.
 *
 * @param sequence number of the sequence within its scheduler
 * @param computed tokens whose target KV is now valid, counting emitted tokens but the last
 * @param draftComputed tokens, those before its start counted, whose draft KV is now valid; 0
 *     without a draft model
 * @param emitted new output tokens in order: accepted draft tokens, then the recovered or bonus
 *     token; empty when it did not sample
 * @param drafted draft tokens proposed
 * @param verified draft tokens that took part in the verify pass
 * @param accepted draft tokens kept; {@code emitted.length − 1} when it sampled
 * @param confidences [drafted] the draft's probability of each token it proposed; NaN where the
 *     strategy did not need them
 * @param margins [drafted] its largest minus second largest logit there; for an n-gram the length
 *     of its match
 */
public record SequenceResult(
    long sequence,
    int computed,
    int draftComputed,
    int[] emitted,
    int drafted,
    int verified,
    int accepted,
    float[] confidences,
    float[] margins) {
  public SequenceResult {
    if (accepted > verified || verified > drafted || accepted < 0) {
      throw new IllegalArgumentException(
          "sequence "
              + sequence
              + ": accepted "
              + accepted
              + " ≤ verified "
              + verified
              + " ≤ drafted "
              + drafted
              + " must hold");
    }
  }
}
