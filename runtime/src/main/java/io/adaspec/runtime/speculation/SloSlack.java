package io.adaspec.runtime.speculation;

/**
 * Time that requests have against their targets (after AdaServe, arXiv 2501.12162).
 *
 * <p>The tokens that a request needs in this step are {@code need = max(1, ⌈(elapsed + T) / tpot⌉ −
 * (emitted − 1))}, with elapsed the time since its first token without pauses and T the predicted
 * step. One that needs more than 1 is late; one that cannot catch up before its length limit even
 * alone on the device and with {@value #RESCUE_MARGIN} of the predicted time a token to spare, or
 * whose first token was late, is lost and ranks behind the rest: predictions are not exact, and who
 * could just be rescued by leaving all others waiting mostly is not.
 *
 * <p>An expected token of a late request counts for {@value #LATE_WEIGHT}, of any other for 1, when
 * slots are ranked and budgets compared.
 */
final class SloSlack {
  private static final double LATE_WEIGHT = 2;

  /**
   * Tokens over which a request should come back to its target, or may use up what it has earned.
   */
  private static final int HORIZON = 32;

  /** Of the tokens left, when that is more: catching up faster costs the others too much. */
  private static final double HORIZON_SHARE = 0.25;

  private static final double RESCUE_MARGIN = 0.3;

  private SloSlack() {}

  /**
   * Tokens that the entry needs in a step of {@code stepNanos} to be on its TPOT target after it; 1
   * when it has none.
   */
  static long need(BatchView.Entry entry, double stepNanos) {
    if (!hasPace(entry)) {
      return 1;
    }
    double due = Math.ceil((entry.decodeElapsedNanos() + stepNanos) / entry.slo().tpotNanos());
    return Math.max(1, (long) due - (entry.emittedTokens() - 1));
  }

  /** Whether the entry decodes under a TPOT target. */
  static boolean hasPace(BatchView.Entry entry) {
    return entry.samples() && entry.slo().hasTpot() && entry.emittedTokens() > 0;
  }

  /**
   * Whether the entry misses its targets whatever is done.
   *
   * @param bestNanos time per token at best
   */
  static boolean isLost(BatchView.Entry entry, double bestNanos) {
    if (entry.missedTtft()) {
      return true;
    }
    if (!hasPace(entry) || entry.remainingTokens() == Integer.MAX_VALUE) {
      return false;
    }
    return allowedNanos(entry, entry.remainingTokens()) < (1 + RESCUE_MARGIN) * bestNanos;
  }

  /**
   * Time that each of the next tokens may take so that the entry is on its target after {@value
   * #HORIZON} of them or {@value #HORIZON_SHARE} of those left, or at its length limit if that is
   * nearer; negative when it is too late.
   */
  static double allowedNanos(BatchView.Entry entry) {
    int left = entry.remainingTokens();
    boolean bounded = left != Integer.MAX_VALUE;
    int horizon = bounded ? Math.max(HORIZON, (int) (HORIZON_SHARE * left)) : HORIZON;
    return allowedNanos(entry, Math.clamp(left, 1, horizon));
  }

  private static double allowedNanos(BatchView.Entry entry, int tokens) {
    double due = (entry.emittedTokens() - 1.0 + tokens) * entry.slo().tpotNanos();
    return (due - entry.decodeElapsedNanos()) / Math.max(1, tokens);
  }

  /** [entries] what an expected token of each entry counts for. */
  static double[] weights(StepEstimate estimate, SurvivalTable survival, double sunkNanos) {
    double[] weights = new double[survival.entries()];
    double nanos = sunkNanos + estimate.plainNanos();
    for (int i = 0; i < weights.length; i++) {
      BatchView.Entry entry = estimate.batch().get(i);
      boolean late = need(entry, nanos) > 1;
      boolean lost = late && isLost(entry, estimate.aloneNanos(entry) / (1 + entry.draftLimit()));
      weights[i] = late && !lost ? LATE_WEIGHT : 1;
    }
    return weights;
  }
}
