package io.adaspec.runtime.scheduler;

/**
 * How fast sequences go and how far: moving averages over emissions and over ended sequences.
 *
 * @param tokensPerStep output tokens of a sampling sequence in one step, at least 1
 * @param outputShare output tokens of ended sequences as a share of their limit
 */
record Pace(double tokensPerStep, double outputShare) {
  private static final double STEP_WEIGHT = 0.02;
  private static final double END_WEIGHT = 0.05;

  /** One token a step, and everybody uses up the limit. */
  static Pace initial() {
    return new Pace(1, 1);
  }

  Pace next(Commit commit) {
    int emitting = commit.emissions().size();
    double tokens = tokensPerStep;
    if (emitting > 0) {
      double mean = Math.max(1, (double) commit.emittedTokens() / emitting);
      tokens += STEP_WEIGHT * (mean - tokens);
    }
    double share = outputShare;
    for (double ended : commit.outputShares()) {
      share += END_WEIGHT * (ended - share);
    }
    return new Pace(tokens, share);
  }
}
