package io.adaspec.runtime.model;

import java.util.Arrays;

/**
 * What sampling found for each logit row of a pass. Reused; arrays are valid up to the pass's logit
 * rows. Not thread-safe.
 */
public final class RowSamples {
  private int[] tokenIds = new int[64];
  private float[] confidences = new float[64];
  private float[] margins = new float[64];

  /** Makes room for {@code rows} results. */
  public void ensure(int rows) {
    if (rows > tokenIds.length) {
      int size = Math.max(rows, tokenIds.length * 2);
      tokenIds = Arrays.copyOf(tokenIds, size);
      confidences = Arrays.copyOf(confidences, size);
      margins = Arrays.copyOf(margins, size);
    }
  }

  /** [logit rows] the chosen token. */
  public int[] tokenIds() {
    return tokenIds;
  }

  /**
   * [logit rows] softmax probability of the chosen token at the row's temperature (1 when greedy),
   * before truncation; may be NaN for a row that did not ask for it.
   */
  public float[] confidences() {
    return confidences;
  }

  /**
   * [logit rows] the largest logit minus the second largest, before any transform but penalties.
   */
  public float[] margins() {
    return margins;
  }
}
