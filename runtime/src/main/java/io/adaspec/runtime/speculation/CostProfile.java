package io.adaspec.runtime.speculation;

import java.util.ArrayList;
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

  private static final int MOST_READ_OFF = 1024;
  private static final long FAR = 10_000;

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

  /**
   * The profile itself, or one read off another model at some points, taken for linear in reads.
   */
  public static CostProfile of(CostModel model) {
    if (model instanceof CostProfile profile) {
      return profile;
    }
    double sequence = Math.max(0, model.overheadNanos(2) - model.overheadNanos(1));
    return new CostProfile(
        curve(model::targetPassNanos),
        Optional.of(curve(model::draftPassNanos)),
        model.prefillSavingNanos(1),
        Math.max(0, model.overheadNanos(1) - sequence),
        sequence,
        List.of());
  }

  private interface Passes {
    double nanos(int rows, long reads);
  }

  private static PassCurve curve(Passes passes) {
    List<PassCurve.Sample> samples = new ArrayList<>();
    for (int rows = 1; rows <= MOST_READ_OFF; rows += Math.max(1, rows / 4)) {
      samples.add(new PassCurve.Sample(rows, 0, passes.nanos(rows, 0)));
    }
    samples.add(new PassCurve.Sample(1, FAR, passes.nanos(1, FAR)));
    return PassCurve.fit(samples);
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
