package io.adaspec.runtime.speculation;

/**
 * Serves late requests first (after AdaServe, arXiv 2501.12162).
 *
 * <p>The tokens that a request needs in this step are {@code need = max(1, ⌈(elapsed + T) / tpot⌉ −
 * (emitted − 1))}, with elapsed the time since its first token without pauses and T the predicted
 * step. One that needs more than 1 is late; one that needs more than {@value #HOPELESS} times what
 * a step could give at best is given up and ranks with the rest.
 *
 * <p>An expected token of a late request counts for {@value #LATE_WEIGHT}, of any other for 1, when
 * slots are ranked and budgets compared. Leaving the others without draft tokens altogether while
 * somebody is late serves nobody: under load somebody always is, and in simulation of such load it
 * costs a fifth of the attainment, because what is not decoded now must be decoded later.
 */
final class SloSlack {
  private static final int HOPELESS = 4;
  private static final double LATE_WEIGHT = 2;

  private SloSlack() {}

  /**
   * Tokens that the entry needs in a step of {@code stepNanos} to be on its TPOT target after it; 1
   * when it has none.
   */
  static long need(BatchView.Entry entry, double stepNanos) {
    if (!entry.samples() || !entry.slo().hasTpot() || entry.emittedTokens() == 0) {
      return 1;
    }
    double due = Math.ceil((entry.decodeElapsedNanos() + stepNanos) / entry.slo().tpotNanos());
    return Math.max(1, (long) due - (entry.emittedTokens() - 1));
  }

  /** [entries] what an expected token of each entry counts for. */
  static double[] weights(StepEstimate estimate, SurvivalTable survival, double sunkNanos) {
    double[] weights = new double[survival.entries()];
    double nanos = sunkNanos + estimate.plainNanos();
    for (int i = 0; i < weights.length; i++) {
      BatchView.Entry entry = estimate.batch().get(i);
      long need = need(entry, nanos);
      int most = 1 + Math.max(survival.drafted(i), entry.draftLimit());
      weights[i] = need > 1 && need <= (long) HOPELESS * most ? LATE_WEIGHT : 1;
    }
    return weights;
  }
}
