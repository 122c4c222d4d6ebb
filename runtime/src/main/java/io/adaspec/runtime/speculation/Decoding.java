package io.adaspec.runtime.speculation;

import java.util.Arrays;

/**
 * The released code's efficiency model (reference section 2.1) over the decoding entries of a
 * batch: padded rows, bucketed contexts, prefill unseen.
 */
final class Decoding {
  private final CostModel cost;
  private final int[] entries;
  private final int[] lengths;

  Decoding(BatchView batch, CostModel cost) {
    this.cost = cost;
    int[] found = new int[batch.size()];
    int count = 0;
    for (int i = 0; i < batch.size(); i++) {
      if (batch.get(i).samples()) {
        found[count++] = i;
      }
    }
    this.entries = Arrays.copyOf(found, count);
    this.lengths = new int[count];
    for (int d = 0; d < count; d++) {
      lengths[d] = batch.get(entries[d]).contextTokens() + batch.get(entries[d]).rows();
    }
  }

  int count() {
    return entries.length;
  }

  /** The place in the batch of a decoding entry. */
  int entry(int decoding) {
    return entries[decoding];
  }

  /** The longest draft. */
  int drafted(SurvivalTable survival) {
    int longest = 0;
    for (int entry : entries) {
      longest = Math.max(longest, survival.drafted(entry));
    }
    return longest;
  }

  int[] lengths(SurvivalTable survival) {
    int[] drafted = new int[entries.length];
    for (int d = 0; d < drafted.length; d++) {
      drafted[d] = survival.drafted(entries[d]);
    }
    return drafted;
  }

  /** E(k) for a uniform length; tokens not drafted yet are believed with {@code confidence}. */
  double efficiency(SurvivalTable survival, int k, double confidence) {
    int n = entries.length;
    double accepted = n;
    for (int entry : entries) {
      double alive = 1;
      for (int j = 0; j < k; j++) {
        alive = j < survival.drafted(entry) ? survival.survival(entry, j) : alive * confidence;
        accepted += alive;
      }
    }
    int padded = GraphBuckets.padded(n * (k + 1));
    long reads = uniformReads(lengths, k);
    return accepted / (draftNanos(k) + targetNanos(padded, reads));
  }

  /** E for ragged lengths, with the time of {@code timedPasses} draft passes. */
  double raggedEfficiency(SurvivalTable survival, int[] verified, int timedPasses) {
    double accepted = entries.length;
    int rows = entries.length;
    long reads = 0;
    for (int d = 0; d < verified.length; d++) {
      for (int j = 0; j < verified[d]; j++) {
        accepted += survival.survival(entries[d], j);
      }
      rows += verified[d];
      reads += (long) verified[d] * (verified[d] + 1) / 2 + (verified[d] + 1L) * lengths[d];
    }
    return accepted / (draftNanos(timedPasses) + targetNanos(GraphBuckets.padded(rows), reads));
  }

  /** KV tokens of a uniform verification: (k + 1) Σ L_i + B (k² + k) / 2. */
  static long uniformReads(int[] lengths, int k) {
    long sum = 0;
    for (int length : lengths) {
      sum += length;
    }
    return (k + 1) * sum + lengths.length * (long) (k * k + k) / 2;
  }

  private double targetNanos(int padded, long reads) {
    long context = GraphBuckets.context(reads / padded);
    return cost.targetPassNanos(padded, context * padded) + cost.overheadNanos(padded);
  }

  private double draftNanos(int k) {
    if (k == 0) {
      return 0;
    }
    int padded = GraphBuckets.padded(entries.length);
    long sum = 0;
    for (int length : lengths) {
      sum += length;
    }
    long context = GraphBuckets.context((sum + (long) k * entries.length) / padded);
    return k * cost.draftPassNanos(padded, context * padded);
  }
}
