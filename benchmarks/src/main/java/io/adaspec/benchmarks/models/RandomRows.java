package io.adaspec.benchmarks.models;

/**
 * Random weights as a function of (seed, matrix, row), so that a row can be made again without
 * keeping it. Uniform, with mean 0 and a given standard deviation.
 */
final class RandomRows {
  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;
  private static final float UNIT = (float) (Math.sqrt(3) / 32768);

  private final long seed;

  RandomRows(long seed) {
    this.seed = seed;
  }

  /**
   * Fills a row.
   *
   * @param matrix any number that stands for the matrix
   */
  void fill(long matrix, long row, float deviation, float[] out) {
    long state = mix(mix(seed + matrix * GOLDEN_GAMMA) + row * GOLDEN_GAMMA);
    float scale = deviation * UNIT;
    long bits = 0;
    for (int i = 0; i < out.length; i++) {
      if ((i & 3) == 0) {
        state += GOLDEN_GAMMA;
        bits = mix(state);
      }
      out[i] = ((short) bits + 0.5f) * scale;
      bits >>= 16;
    }
  }

  /** The finaliser of SplitMix64 (Steele, Lea, Flood 2014). */
  static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
