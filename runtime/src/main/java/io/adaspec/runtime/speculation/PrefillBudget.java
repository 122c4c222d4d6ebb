package io.adaspec.runtime.speculation;

/**
 * How much prefill a step may do without making decoding requests miss their TPOT targets, unless
 * waiting requests would miss their TTFT.
 *
 * <p>The next token of a decoding request with m tokens so far is due {@code m · tpot} after its
 * first; the least time left over all of them, but at least one target, is what the step may take.
 * When a waiting request's TTFT target is nearer than {@value #SAFETY} times what the prompts need
 * at that pace, prompts come first: a token that is late by one step is made up for later, a first
 * token is not.
 */
final class PrefillBudget {
  private static final int MOST = 1 << 16;

  /** Steps are not all as short as allowed, and prompts that are yet to come go first at times. */
  private static final int SAFETY = 2;

  private PrefillBudget() {}

  static StepBudget of(WaitingView waiting, BatchView running, CostModel cost) {
    StepEstimate estimate = new StepEstimate(running, cost);
    double allowed = Double.POSITIVE_INFINITY;
    for (BatchView.Entry entry : running.entries()) {
      if (entry.samples() && entry.slo().hasTpot() && entry.emittedTokens() > 0) {
        double tpot = entry.slo().tpotNanos();
        double left = entry.emittedTokens() * tpot - entry.decodeElapsedNanos();
        allowed = Math.min(allowed, Math.max(tpot, left));
      }
    }
    if (Double.isInfinite(allowed)) {
      return StepBudget.unlimited();
    }
    int budget = most(estimate, allowed);
    double steps = Math.ceil((double) waiting.promptTokens() / Math.max(1, budget));
    if (waiting.requests() > 0 && waiting.tightestTtftSlackNanos() < SAFETY * steps * allowed) {
      budget = (int) Math.max(budget, Math.min(MOST, waiting.promptTokens()));
    }
    return new StepBudget(budget);
  }

  /** The most prefill rows with which the step takes at most {@code nanos}. */
  private static int most(StepEstimate estimate, double nanos) {
    int low = 0;
    int high = MOST;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (estimate.withoutDraftingNanos(middle, 0) <= nanos) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }
}
