package io.adaspec.runtime.sampling;

import io.adaspec.runtime.sampling.CounterRng.Purpose;

/**
 * Modified rejection sampling (Leviathan, Kalman and Matias 2023, algorithm 1): keeps draft token x
 * with probability {@code min(1, q(x) / p(x))}, p being the distribution it was drawn from and q
 * the target's; at the first rejection draws from {@code normalise(max(0, q − p))}.
 *
 * <p>The emitted token then follows q exactly, provided that whether a draft token is verified does
 * not depend on its own value: dropping it for its confidence biases the result. Draws are keyed by
 * (seed, position, purpose). Shares of what is left are integers of 2⁻⁶², so that their sums have
 * no order and any device decides alike.
 */
public final class RejectionSampler {
  private static final double UNITS = 0x1p62;

  private RejectionSampler() {}

  /** The draw that decides whether the draft token at a position is kept. */
  public static double acceptDraw(long seed, int position) {
    return CounterRng.uniform(CounterRng.stream(seed, position, Purpose.ACCEPT), 0);
  }

  /** The draw of the token in place of a rejected one. */
  public static double recoverDraw(long seed, int position) {
    return CounterRng.uniform(CounterRng.stream(seed, position, Purpose.RECOVER), 0);
  }

  /**
   * Whether the target keeps a draft token.
   *
   * @param proposal [vocabulary] p; empty for a certain proposal (one-hot, as of an n-gram)
   * @param target [vocabulary] q
   */
  public static boolean accepts(
      int token, float[] proposal, float[] target, long seed, int position) {
    double p = proposal.length == 0 ? 1 : proposal[token];
    return acceptDraw(seed, position) * p < target[token];
  }

  /**
   * The token in place of a rejected one.
   *
   * @param token the rejected token
   * @param proposal [vocabulary] p; empty for a certain proposal
   * @param target [vocabulary] q
   */
  public static int recover(int token, float[] proposal, float[] target, long seed, int position) {
    long mass = 0;
    for (int i = 0; i < target.length; i++) {
      mass += residual(i, token, proposal, target);
    }
    if (mass == 0) {
      return mostLikely(target);
    }
    long left = Math.min((long) (recoverDraw(seed, position) * mass), mass - 1);
    int i = -1;
    while (left >= 0) {
      left -= residual(++i, token, proposal, target);
    }
    return i;
  }

  private static long residual(int i, int token, float[] proposal, float[] target) {
    double p = proposal.length == 0 ? (i == token ? 1 : 0) : proposal[i];
    return (long) (Math.max(0, target[i] - p) * UNITS);
  }

  /** Reached only when rounding left no residual: p equals q, so any choice from q will do. */
  private static int mostLikely(float[] target) {
    int best = 0;
    for (int i = 1; i < target.length; i++) {
      best = target[i] > target[best] ? i : best;
    }
    return best;
  }
}
