package io.adaspec.runtime.model;

/**
 * Rotary position embedding (Su et al. 2021) of the rows of one pass: cosines and sines are
 * computed once per row and used in all layers. Not thread-safe, but rows may be rotated by several
 * threads.
 */
final class Rope {
  private final float[] frequencies;
  private final int headSize;
  private final int pairStep;
  private final int pairGap;
  private float[] cosines = new float[0];
  private float[] sines = new float[0];

  Rope(ModelConfig config) {
    this.frequencies = RopeFrequencies.of(config);
    this.headSize = config.headSize();
    boolean halves = config.ropePairing() == ModelConfig.RopePairing.HALVES;
    this.pairStep = halves ? 1 : 2;
    this.pairGap = halves ? config.ropeSize() / 2 : 1;
  }

  /** Makes room for {@code rows} rows. */
  void ensure(int rows) {
    if (cosines.length < rows * frequencies.length) {
      cosines = new float[rows * frequencies.length];
      sines = new float[rows * frequencies.length];
    }
  }

  /** Computes the angles of a row. */
  void prepare(int row, int position) {
    int at = row * frequencies.length;
    for (int i = 0; i < frequencies.length; i++) {
      double angle = (double) position * frequencies[i];
      cosines[at + i] = (float) Math.cos(angle);
      sines[at + i] = (float) Math.sin(angle);
    }
  }

  /** Rotates {@code heads} consecutive heads of one row in place. */
  void rotate(float[] x, int offset, int heads, int row) {
    int at = row * frequencies.length;
    for (int head = 0; head < heads; head++) {
      int a = offset + head * headSize;
      for (int i = 0; i < frequencies.length; i++) {
        float cosine = cosines[at + i];
        float sine = sines[at + i];
        float first = x[a];
        float second = x[a + pairGap];
        x[a] = first * cosine - second * sine;
        x[a + pairGap] = first * sine + second * cosine;
        a += pairStep;
      }
    }
  }
}
