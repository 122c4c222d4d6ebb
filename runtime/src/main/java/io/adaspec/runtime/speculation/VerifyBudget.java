package io.adaspec.runtime.speculation;

import java.util.Arrays;

/**
 * Chooses how many draft tokens of every sequence are worth verifying, considering every budget.
 *
 * <p>All slots (sequence i, position j) are sorted by survival C_ij, highest first; since C_ij does
 * not grow with j, the best n slots are a prefix of every draft. Over all n, the efficiency {@code
 * (B + Σ C of the best n) / (sunk + T(n))} is largest at the chosen one. Cost: one sort of all
 * slots and one look at the cost model for each.
 */
final class VerifyBudget {
  private VerifyBudget() {}

  /**
   * A choice and what is predicted of it.
   *
   * @param lengths [entries] draft tokens to verify
   * @param rows their sum
   * @param reads key/value positions they read
   * @param tokens expected emitted tokens of the step
   * @param nanos predicted time of the step
   */
  record Choice(int[] lengths, int rows, long reads, double tokens, double nanos) {
    double efficiency() {
      return tokens / nanos;
    }
  }

  /** The lengths of {@link #choose}. */
  static int[] best(StepEstimate estimate, SurvivalTable survival, double sunkNanos) {
    return choose(estimate, survival, sunkNanos).lengths();
  }

  /**
   * The choice of highest efficiency.
   *
   * @param sunkNanos time of the step that no longer depends on the choice
   */
  static Choice choose(StepEstimate estimate, SurvivalTable survival, double sunkNanos) {
    double[] equal = new double[survival.entries()];
    Arrays.fill(equal, 1);
    return choose(estimate, survival, sunkNanos, equal);
  }

  /**
   * The same where an expected token of entry i counts for {@code weights[i]}.
   *
   * @param weights [entries] positive
   */
  static Choice choose(
      StepEstimate estimate, SurvivalTable survival, double sunkNanos, double[] weights) {
    BatchView batch = estimate.batch();
    long[] order = byFallingSurvival(survival, weights);
    int[] lengths = new int[batch.size()];
    double tokens = 0;
    for (int i = 0; i < weights.length; i++) {
      tokens += batch.get(i).samples() ? weights[i] : 0;
    }
    double plain = sunkNanos + estimate.plainNanos();
    Choice best = new Choice(lengths, 0, 0, tokens, plain);
    long reads = 0;
    double least = plain;
    for (int n = 0; n < order.length; n++) {
      int entry = entryOf(order[n]);
      int position = lengths[entry]++;
      double alive = weights[entry] * survival.survival(entry, position);
      if (tokens + alive * (order.length - n) <= best.efficiency() * least) {
        break;
      }
      tokens += alive;
      reads += StepEstimate.draftTokenReads(batch.get(entry), position);
      double nanos = sunkNanos + estimate.withoutDraftingNanos(n + 1, reads);
      if (tokens / nanos > best.efficiency()) {
        best = new Choice(lengths, n + 1, reads, tokens, nanos);
      }
      least = nanos;
    }
    Arrays.fill(lengths, 0);
    for (int n = 0; n < best.rows(); n++) {
      lengths[entryOf(order[n])]++;
    }
    return best;
  }

  /** One key per slot, best first; equal survivals keep positions in order. */
  static long[] byFallingSurvival(SurvivalTable survival, double[] weights) {
    int slots = 0;
    for (int i = 0; i < survival.entries(); i++) {
      slots += survival.drafted(i);
    }
    long[] keys = new long[slots];
    int next = 0;
    for (int i = 0; i < survival.entries(); i++) {
      for (int j = 0; j < survival.drafted(i); j++) {
        keys[next++] = key(weights[i] * survival.survival(i, j), i);
      }
    }
    Arrays.sort(keys);
    return keys;
  }

  /** A key that sorts by falling survival, then by rising entry. */
  static long key(double survival, int entry) {
    int bits = Float.floatToRawIntBits((float) Math.max(0, survival));
    return ((long) (Integer.MAX_VALUE - bits) << 32) | entry;
  }

  static int entryOf(long key) {
    return (int) key;
  }

  static double survivalOf(long key) {
    return Float.intBitsToFloat(Integer.MAX_VALUE - (int) (key >>> 32));
  }
}
