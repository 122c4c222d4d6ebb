package io.adaspec.runtime.speculation;

import java.util.List;
import java.util.Optional;

/**
 * A cost model measured on a device: one curve per model, and the overhead of a step outside its
 * passes as {@code stepNanos + sequences · sequenceNanos}.
 *
 * @param target passes of the target whose rows all yield logits
 * @param draft passes of the draft model, where there is one
 * @param prefillSavingNanosPerRow what a target row costs less when it yields no logits
 * @param stepNanos overhead of a step
 * @param sequenceNanos overhead of each of its sequences
 * @param samples the measurements behind it, for people; target passes first
 */
public record CostProfile(
    PassCurve target,
    Optional<PassCurve> draft,
    double prefillSavingNanosPerRow,
    double stepNanos,
    double sequenceNanos,
    List<Measurement> samples)
    implements CostModel {

  /** What was measured. */
  public enum Pass {
    /** One known token of every sequence. */
    DECODE,
    /** A known token and a draft token of every sequence. */
    VERIFY,
    /** Many known tokens of one sequence. */
    PREFILL,
    /** One token of every sequence by the draft model. */
    DRAFT
  }

  /**
   * One measured pass.
   *
   * @param contextTokens tokens before the pass, of each sequence
   */
  public record Measurement(Pass pass, int rows, int contextTokens, double nanos) {}

  public CostProfile {
    samples = List.copyOf(samples);
    if (!(prefillSavingNanosPerRow >= 0) || !(stepNanos >= 0) || !(sequenceNanos >= 0)) {
      throw new IllegalArgumentException(
          "times must not be negative: saving per prefill row "
              + prefillSavingNanosPerRow
              + ", per step "
              + stepNanos
              + ", per sequence "
              + sequenceNanos);
    }
  }

  @Override
  public double targetPassNanos(int rows, long contextTokens) {
    return target.passNanos(rows, contextTokens);
  }

  @Override
  public double draftPassNanos(int rows, long contextTokens) {
    return draft.map(curve -> curve.passNanos(rows, contextTokens)).orElse(0.0);
  }

  @Override
  public double overheadNanos(int sequences) {
    return stepNanos + sequences * sequenceNanos;
  }

  @Override
  public double prefillSavingNanos(int rows) {
    return rows * prefillSavingNanosPerRow;
  }
}
