package io.adaspec.runtime.speculation;

import java.util.Arrays;

/**
 * Estimates, from what verification really kept, the probability that a draft token is accepted
 * given that all before it were. Confidence is not that probability: drafts are over- or
 * under-confident, differently at each position, and requests differ.
 *
 * <p>For each drafter and draft position a logistic model {@code p = σ(w · [x, r, 1])}, with x the
 * drafter's evidence (log-odds of the confidence, at most {@value #MAX_EVIDENCE} either way; for an
 * n-gram the length of its match) and r the log-odds of the request's own recent acceptance. It
 * starts as {@code p = confidence}. After every {@value #ROUND} labels of a position one Newton
 * step: {@code Λ ← γΛ + Σ p(1−p)zzᵀ}, {@code w ← w + Λ⁻¹ Σ (y − p)z}, so that old steps are
 * forgotten; a falling slope in x is not believed. Only positions that were verified and reached
 * are labels: {@code accepted} successes and, unless the whole of what was verified was kept, one
 * failure. A position without labels follows the nearest one before it.
 *
 * <p>Immutable; {@link #fold} makes the next one. State: {@value #SLOTS} slots of {@value #SIZE}
 * numbers.
 */
public final class AcceptanceCalibration {
  private static final int POSITIONS = 8;
  private static final int SLOTS = 2 * POSITIONS;
  private static final int ROUND = 16;
  private static final double FORGET = 0.97;
  private static final double PRIOR_PRECISION = 2;
  private static final double RIDGE = 1e-3;
  private static final double MAX_EVIDENCE = 6;
  private static final double MAX_OWN = 3;
  private static final double MAX_STEP = 2;
  private static final double PRIOR_MEAN = 0.6;
  private static final double PRIOR_COUNT = 10;
  private static final double MEAN_MEMORY = 400;

  /** Layout of a slot. */
  private static final int WEIGHTS = 0;

  private static final int PRECISION = 3;
  private static final int GRADIENT = 12;
  private static final int HESSIAN = 15;
  private static final int ROUND_LABELS = 24;
  private static final int LABELS = 25;
  private static final int MEAN_SUM = 26;
  private static final int MEAN_COUNT = 27;
  private static final int SIZE = 28;

  private final double[] slots;

  private AcceptanceCalibration(double[] slots) {
    this.slots = slots;
  }

  /** Before the first verification: a model's confidence is believed as it is. */
  public static AcceptanceCalibration initial() {
    double[] slots = new double[SLOTS * SIZE];
    for (int slot = 0; slot < SLOTS; slot++) {
      int at = slot * SIZE;
      boolean model = slot < POSITIONS;
      slots[at + WEIGHTS] = model ? 1 : 0.3;
      slots[at + WEIGHTS + 1] = model ? 0 : 0.7;
      slots[at + WEIGHTS + 2] = model ? 0 : -1;
      for (int i = 0; i < 3; i++) {
        slots[at + PRECISION + 4 * i] = PRIOR_PRECISION;
      }
      slots[at + MEAN_SUM] = PRIOR_MEAN * PRIOR_COUNT;
      slots[at + MEAN_COUNT] = PRIOR_COUNT;
    }
    return new AcceptanceCalibration(slots);
  }

  /** Estimated acceptance of a drafted token; see {@link SpeculationStrategy#acceptance}. */
  public double acceptance(
      BatchView.Entry entry, DrafterKind drafter, int position, float confidence, float margin) {
    int at = learnedSlot(drafter, position);
    return probability(
        slots, at, evidence(drafter, confidence, margin), own(entry.acceptanceRate()));
  }

  /** Estimated acceptance of a token at {@code position} that is yet to be drafted. */
  public double meanAcceptance(BatchView.Entry entry, DrafterKind drafter, int position) {
    int at = learnedSlot(drafter, position);
    double mean = slots[at + MEAN_SUM] / slots[at + MEAN_COUNT];
    return Double.isNaN(entry.acceptanceRate()) ? mean : (mean + entry.acceptanceRate()) / 2;
  }

  /** Labels of a drafter at a position so far. */
  public long labels(DrafterKind drafter, int position) {
    return (long) slots[slot(drafter, position) + LABELS];
  }

  /** Starts the next calibration from this one. */
  public Fold fold() {
    return new Fold(slots.clone());
  }

  /** Collects the labels of a step. Not thread-safe. */
  public static final class Fold {
    private final double[] slots;

    private Fold(double[] slots) {
      this.slots = slots;
    }

    /**
     * Adds a draft token that was verified and reached.
     *
     * @param acceptanceRate the request's own rate as the strategy saw it; NaN when unknown
     * @param accepted whether the target kept it
     */
    public void add(
        DrafterKind drafter,
        int position,
        float confidence,
        float margin,
        double acceptanceRate,
        boolean accepted) {
      int at = slot(drafter, position);
      double[] z = {evidence(drafter, confidence, margin), own(acceptanceRate), 1};
      double p = probability(slots, at, z[0], z[1]);
      double error = (accepted ? 1 : 0) - p;
      for (int i = 0; i < 3; i++) {
        slots[at + GRADIENT + i] += error * z[i];
        for (int j = 0; j < 3; j++) {
          slots[at + HESSIAN + 3 * i + j] += p * (1 - p) * z[i] * z[j];
        }
      }
      double keep = Math.min(1, MEAN_MEMORY / (slots[at + MEAN_COUNT] + 1));
      slots[at + MEAN_SUM] = keep * (slots[at + MEAN_SUM] + (accepted ? 1 : 0));
      slots[at + MEAN_COUNT] = keep * (slots[at + MEAN_COUNT] + 1);
      slots[at + LABELS]++;
      if (++slots[at + ROUND_LABELS] >= ROUND) {
        refit(slots, at);
      }
    }

    /** The calibration after all that was added; the fold must not be used any more. */
    public AcceptanceCalibration next() {
      return new AcceptanceCalibration(slots);
    }
  }

  private static void refit(double[] slots, int at) {
    for (int i = 0; i < 9; i++) {
      double ridge = i % 4 == 0 ? RIDGE : 0;
      slots[at + PRECISION + i] =
          FORGET * slots[at + PRECISION + i] + slots[at + HESSIAN + i] + ridge;
    }
    double[] step = solve(slots, at + PRECISION, at + GRADIENT);
    for (int i = 0; i < 3; i++) {
      slots[at + WEIGHTS + i] += Math.clamp(step[i], -MAX_STEP, MAX_STEP);
    }
    slots[at + WEIGHTS] = Math.max(0, slots[at + WEIGHTS]);
    Arrays.fill(slots, at + GRADIENT, at + ROUND_LABELS + 1, 0);
  }

  /** Solves the 3 × 3 system by Cramer's rule; the matrix is symmetric positive definite. */
  private static double[] solve(double[] m, int a, int b) {
    double[] out = new double[3];
    double determinant = determinant(m, a, m, b, -1);
    for (int column = 0; column < 3; column++) {
      out[column] = determinant(m, a, m, b, column) / determinant;
    }
    return out;
  }

  /** Determinant of the matrix with one column replaced by the right side. */
  private static double determinant(double[] m, int a, double[] v, int b, int replaced) {
    double[] x = Arrays.copyOfRange(m, a, a + 9);
    if (replaced >= 0) {
      for (int row = 0; row < 3; row++) {
        x[3 * row + replaced] = v[b + row];
      }
    }
    return x[0] * (x[4] * x[8] - x[5] * x[7])
        - x[1] * (x[3] * x[8] - x[5] * x[6])
        + x[2] * (x[3] * x[7] - x[4] * x[6]);
  }

  private static double probability(double[] slots, int at, double x, double r) {
    double z = slots[at + WEIGHTS] * x + slots[at + WEIGHTS + 1] * r + slots[at + WEIGHTS + 2];
    return 1 / (1 + Math.exp(-z));
  }

  private static double evidence(DrafterKind drafter, float confidence, float margin) {
    if (drafter == DrafterKind.NGRAM || Float.isNaN(confidence)) {
      return Math.clamp(margin, -MAX_EVIDENCE, MAX_EVIDENCE);
    }
    return logOdds(confidence, MAX_EVIDENCE);
  }

  private static double own(double acceptanceRate) {
    return Double.isNaN(acceptanceRate) ? 0 : logOdds(acceptanceRate, MAX_OWN);
  }

  private static double logOdds(double p, double most) {
    return Math.clamp(Math.log(p / (1 - p)), -most, most);
  }

  private int learnedSlot(DrafterKind drafter, int position) {
    int at = slot(drafter, position);
    int first = slot(drafter, 0);
    while (at > first && slots[at + LABELS] < ROUND) {
      at -= SIZE;
    }
    return at;
  }

  private static int slot(DrafterKind drafter, int position) {
    int column = Math.min(position, POSITIONS - 1);
    return (drafter == DrafterKind.NGRAM ? POSITIONS + column : column) * SIZE;
  }
}
