package io.adaspec.runtime.speculation;

import java.util.Arrays;

/**
 * What measured steps taught about a cost model: factors on its predictions, moving averages of
 * measured ÷ predicted in which a new step weighs {@value #WEIGHT}, or {@value #WEIGHT_DOWN} when
 * it was faster than expected: whatever else happens on a machine makes steps longer, never
 * shorter.
 *
 * <p>Target and draft passes have a factor for every number of rows, in quarters of an octave above
 * {@value #EXACT}, because a profile may be right for one row and wrong for thirty, and what plain
 * decoding takes must not be mixed with what verifying takes; a size never seen takes the factor of
 * the nearest one that was. When a size that was seen {@value #KNOWN} times gets slower or faster,
 * the machine does: the sizes that the step does not have follow with {@value #SHARED} of the
 * change, in octaves. They also go slowly to its factor: what was learnt of them in a slow moment,
 * or before their code was compiled, would otherwise stand for ever where it keeps a policy from
 * trying them again. What a step takes beside its passes is a sum and not a product: planning,
 * messages between actors and handing over to the device's thread come to every step alike, and no
 * profile of a device knows them. Factors are held within {@value #LEAST} and {@value #MOST}; a
 * step that another program delayed counts as at most {@value #OUTLIER} times what was expected,
 * the first of its size as that much of what the nearest size suggests, so that it does not spoil
 * the rest. Immutable.
 */
public final class CostCorrection {
  private static final int EXACT = 16;
  private static final int SIZES = EXACT + 32;
  private static final int TARGET = 0;
  private static final int DRAFT = SIZES;
  private static final int OVERHEAD = 2 * SIZES;

  /** How often a target pass of each size was seen, up to {@value #KNOWN} times. */
  private static final int SEEN = OVERHEAD + 1;

  private static final int KNOWN = 32;
  private static final double SHARED = 0.7;
  private static final double WEIGHT = 0.1;
  private static final double WEIGHT_DOWN = 0.25;
  private static final double WEIGHT_ABSENT = 0.001;
  private static final double OUTLIER = 1.5;
  private static final double LEAST = 0.05;
  private static final double MOST = 20;

  /** Below this no overhead is called an outlier of the one expected. */
  private static final double LEAST_OVERHEAD_NANOS = 10_000;

  private final double[] factors;

  private CostCorrection(double[] factors) {
    this.factors = factors;
  }

  /** Believes the model. */
  public static CostCorrection none() {
    double[] unknown = new double[SEEN + SIZES];
    Arrays.fill(unknown, 0, SEEN, Double.NaN);
    return new CostCorrection(unknown);
  }

  /**
   * After one step.
   *
   * @param model the uncorrected model
   */
  public CostCorrection next(StepReport report, CostModel model) {
    double[] next = factors.clone();
    int target = size(report.targetRows());
    learn(
        next,
        TARGET,
        target,
        (double) report.verifyNanos(),
        model.targetPassNanos(report.targetRows(), report.targetContextReads())
            - model.prefillSavingNanos(report.prefillRows()));
    int draft = -1;
    if (report.draftPasses() > 0) {
      int passes = report.draftPasses();
      int rows = Math.ceilDiv(report.draftRows(), passes);
      draft = size(rows);
      double each = model.draftPassNanos(rows, report.draftContextReads() / passes);
      learn(next, DRAFT, draft, (double) report.draftNanos(), passes * each);
    }
    boolean known = factors[SEEN + target] >= KNOWN;
    double change = known ? next[TARGET + target] / factors[TARGET + target] : 1;
    next[SEEN + target] = Math.min(KNOWN, factors[SEEN + target] + 1);
    follow(next, Math.pow(change, SHARED), target, draft);
    next[OVERHEAD] =
        overhead(
            (double) report.totalNanos() - report.draftNanos() - report.verifyNanos(),
            model.overheadNanos(report.sequences().size()));
    return new CostCorrection(next);
  }

  /** The new sum on the overhead. */
  private double overhead(double measured, double predicted) {
    double before = factors[OVERHEAD];
    if (Double.isNaN(before)) {
      return measured - predicted;
    }
    double expected = Math.max(LEAST_OVERHEAD_NANOS, predicted + before);
    double weight = measured < expected ? WEIGHT_DOWN : WEIGHT;
    return before + weight * (Math.min(measured, OUTLIER * expected) - predicted - before);
  }

  /** Sizes that the step did not have. */
  private static void follow(double[] factors, double change, int target, int draft) {
    double now = factors[TARGET + target];
    if (!Double.isNaN(now)) {
      for (int size = 0; size < SIZES; size++) {
        if (size != target) {
          factors[TARGET + size] = followed(factors[TARGET + size], change, now);
        }
        if (size != draft) {
          factors[DRAFT + size] = followed(factors[DRAFT + size], change, now);
        }
      }
    }
  }

  private static double followed(double factor, double change, double now) {
    double changed = factor * change;
    return Math.clamp(changed + WEIGHT_ABSENT * (now - changed), LEAST, MOST);
  }

  /** The model with these factors. */
  public CostModel applied(CostModel model) {
    return new Corrected(model, this);
  }

  /** Whether a target pass of about so many rows was measured. */
  public boolean hasMeasured(int rows) {
    return !Double.isNaN(factors[TARGET + size(rows)]);
  }

  private static void learn(
      double[] factors, int first, int size, double measured, double predicted) {
    if (predicted > 0 && measured > 0) {
      double factor = Math.clamp(measured / predicted, LEAST, MOST);
      double before = factors[first + size];
      if (Double.isNaN(before)) {
        double nearest = nearest(factors, first, size);
        factors[first + size] =
            Double.isNaN(nearest) ? factor : Math.min(factor, OUTLIER * nearest);
      } else {
        double weight = factor < before ? WEIGHT_DOWN : WEIGHT;
        factors[first + size] = before + weight * (Math.min(factor, OUTLIER * before) - before);
      }
    }
  }

  /** What a pass of so many rows is to be multiplied with. */
  private double factor(int first, int rows) {
    double nearest = nearest(factors, first, size(rows));
    return Double.isNaN(nearest) ? 1 : nearest;
  }

  /** The factor of the nearest size that was measured; NaN if none was. */
  private static double nearest(double[] factors, int first, int wanted) {
    for (int distance = 0; distance < SIZES; distance++) {
      int below = wanted - distance;
      int above = wanted + distance;
      if (below >= 0 && !Double.isNaN(factors[first + below])) {
        return factors[first + below];
      }
      if (above < SIZES && !Double.isNaN(factors[first + above])) {
        return factors[first + above];
      }
    }
    return Double.NaN;
  }

  /** Up to {@value #EXACT} rows each count, then quarters of an octave. */
  private static int size(int rows) {
    if (rows <= EXACT) {
      return Math.max(1, rows) - 1;
    }
    double octaves = Math.log((double) rows / EXACT) / Math.log(2);
    return Math.min(SIZES - 1, EXACT - 1 + (int) Math.ceil(4 * octaves));
  }

  private record Corrected(CostModel model, CostCorrection by) implements CostModel {
    @Override
    public double targetPassNanos(int rows, long contextTokens) {
      return model.targetPassNanos(rows, contextTokens) * by.factor(TARGET, rows);
    }

    @Override
    public double draftPassNanos(int rows, long contextTokens) {
      return model.draftPassNanos(rows, contextTokens) * by.factor(DRAFT, rows);
    }

    @Override
    public double overheadNanos(int sequences) {
      double more = by.factors[OVERHEAD];
      double known = model.overheadNanos(sequences);
      return Double.isNaN(more) ? known : Math.max(0, known + more);
    }

    @Override
    public double prefillSavingNanos(int rows) {
      return model.prefillSavingNanos(rows) * by.factor(TARGET, rows);
    }
  }
}
