package io.adaspec.runtime.sampling;

import io.adaspec.runtime.request.SamplingParams;
import java.util.Arrays;

/**
 * Finds the least likely token that top-k, top-p and min-p keep, without sorting the vocabulary.
 *
 * <p>Tokens are ranked by logit, equal ones by id (lowest first), so a truncation is one border: a
 * token is kept iff it ranks at or above it. The rank that a rule asks for is found by counting
 * tokens (top-k) or adding up their weight (top-p) in {@value #BUCKETS} buckets of {@code
 * 1/}{@value #BUCKETS_PER_NAT} nat below the largest logit, and ranking only the bucket in which
 * the border falls. Cost: O(vocabulary). Reused; not thread-safe.
 */
final class Truncation {
  private static final int BUCKETS = 2048;
  private static final int BUCKETS_PER_NAT = 64;

  private final RankHeap ranks;
  private final int[] counts = new int[BUCKETS];
  private final double[] masses = new double[BUCKETS];
  private float borderLogit;
  private int borderToken;

  Truncation(int vocabulary) {
    this.ranks = new RankHeap(vocabulary);
  }

  /**
   * Sets the border for one row.
   *
   * @param max the row's largest logit
   * @param inverseTemperature weights are {@code exp((logit − max) · inverseTemperature)}
   */
  void find(
      float[] logits,
      int offset,
      int vocabulary,
      float max,
      double inverseTemperature,
      SamplingParams params) {
    borderLogit = Float.NEGATIVE_INFINITY;
    borderToken = Integer.MAX_VALUE;
    if (params.topK() > 0 && params.topK() < vocabulary) {
      lower(logits, offset, vocabulary, max, inverseTemperature, params.topK(), Double.NaN);
    }
    if (params.topP() < 1) {
      lower(logits, offset, vocabulary, max, inverseTemperature, vocabulary, params.topP());
    }
    if (params.minP() > 0) {
      double lowest = max + StrictMath.log(params.minP()) / inverseTemperature;
      raiseTo(lowest);
    }
  }

  /** Whether the border found last keeps a token. */
  boolean keeps(float logit, int token) {
    return logit > borderLogit || (logit == borderLogit && token <= borderToken);
  }

  private void raiseTo(double lowest) {
    float asFloat = (float) lowest;
    float border = asFloat < lowest ? Math.nextUp(asFloat) : asFloat;
    if (border > borderLogit) {
      borderLogit = border;
      borderToken = Integer.MAX_VALUE;
    }
  }

  /** Moves the border to the first rank that completes {@code count} tokens or {@code share}. */
  private void lower(
      float[] logits,
      int offset,
      int vocabulary,
      float max,
      double inverseTemperature,
      int count,
      double share) {
    boolean byMass = !Double.isNaN(share);
    fillBuckets(logits, offset, vocabulary, max, inverseTemperature, byMass);
    double wanted = byMass ? share * total(masses) : count;
    double before = 0;
    int bucket = 0;
    while (bucket < BUCKETS - 1) {
      double with = before + (byMass ? masses[bucket] : counts[bucket]);
      if (with >= wanted) {
        break;
      }
      before = with;
      bucket++;
    }
    rankBucket(logits, offset, vocabulary, max, inverseTemperature, bucket);
    while (ranks.size() > 0) {
      long key = ranks.poll();
      float logit = logitOf(key);
      before += byMass ? NegativeExp.of(((double) logit - max) * inverseTemperature) : 1;
      if (before >= wanted || ranks.size() == 0) {
        borderLogit = logit;
        borderToken = (int) key;
        return;
      }
    }
  }

  private void fillBuckets(
      float[] logits,
      int offset,
      int vocabulary,
      float max,
      double inverseTemperature,
      boolean byMass) {
    Arrays.fill(counts, 0);
    Arrays.fill(masses, 0);
    for (int token = 0; token < vocabulary; token++) {
      float logit = logits[offset + token];
      if (keeps(logit, token)) {
        double scaled = ((double) logit - max) * inverseTemperature;
        int bucket = bucket(scaled);
        counts[bucket]++;
        if (byMass) {
          masses[bucket] += NegativeExp.of(scaled);
        }
      }
    }
  }

  /** Collects the kept tokens of a bucket, to be taken by rank. */
  private void rankBucket(
      float[] logits,
      int offset,
      int vocabulary,
      float max,
      double inverseTemperature,
      int wantedBucket) {
    ranks.clear();
    for (int token = 0; token < vocabulary; token++) {
      float logit = logits[offset + token];
      if (keeps(logit, token)
          && bucket(((double) logit - max) * inverseTemperature) == wantedBucket) {
        ranks.add(((long) ~ordered(logit) << 32) | token);
      }
    }
    ranks.build();
  }

  private static double total(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum;
  }

  private static int bucket(double scaled) {
    return (int) Math.min(BUCKETS - 1, -scaled * BUCKETS_PER_NAT);
  }

  /** An integer that orders as the float does, −0 being 0. */
  private static int ordered(float value) {
    int bits = Float.floatToRawIntBits(value + 0f);
    return bits ^ ((bits >> 31) & 0x7FFFFFFF);
  }

  private static float logitOf(long key) {
    int bits = ~(int) (key >> 32);
    return Float.intBitsToFloat(bits ^ ((bits >> 31) & 0x7FFFFFFF));
  }
}
