package io.adaspec.runtime.sampling;

import io.adaspec.runtime.sampling.CounterRng.Purpose;

/**
 * Modified rejection sampling (Leviathan, Kalman and Matias 2023, algorithm 1): keeps draft token x
 * with probability {@code min(1, q(x) / p(x))}, p being the distribution it was drawn from and q
 * the target's; at the first rejection draws from {@code normalise(max(0, q − p))}.
 *
 * <p>The emitted token then follows q exactly, provided that whether a draft token is verified does
 * not depend on its own value: dropping it for its confidence biases the result. Draws are keyed by
 * (seed, position, purpose).
 */
public final class RejectionSampler {
  private RejectionSampler() {}

  /**
   * Whether the target keeps a draft token.
   *
   * @param proposal [vocabulary] p; empty for a certain proposal (one-hot, as of an n-gram)
   * @param target [vocabulary] q
   */
  public static boolean accepts(
      int token, float[] proposal, float[] target, long seed, int position) {
    double p = proposal.length == 0 ? 1 : proposal[token];
    long stream = CounterRng.stream(seed, position, Purpose.ACCEPT);
    return CounterRng.uniform(stream, 0) * p < target[token];
  }

  /**
   * The token in place of a rejected one.
   *
   * @param token the rejected token
   * @param proposal [vocabulary] p; empty for a certain proposal
   * @param target [vocabulary] q
   */
  public static int recover(int token, float[] proposal, float[] target, long seed, int position) {
    double mass = 0;
    for (int i = 0; i < target.length; i++) {
      mass += residual(i, token, proposal, target);
    }
    long stream = CounterRng.stream(seed, position, Purpose.RECOVER);
    double left = CounterRng.uniform(stream, 0) * mass;
    int last = -1;
    for (int i = 0; i < target.length; i++) {
      double share = residual(i, token, proposal, target);
      if (share > 0) {
        last = i;
        left -= share;
        if (left < 0) {
          return i;
        }
      }
    }
    return last >= 0 ? last : mostLikely(target);
  }

  private static double residual(int i, int token, float[] proposal, float[] target) {
    double p = proposal.length == 0 ? (i == token ? 1 : 0) : proposal[i];
    return Math.max(0, target[i] - p);
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
