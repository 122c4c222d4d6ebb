package io.adaspec.runtime.model;

import io.adaspec.runtime.request.SamplingParams;
import java.util.Arrays;

/**
 * How each logit row of a pass is sampled: parameters, and the position of the token to be chosen,
 * which keys its noise. Reused. Not thread-safe.
 */
public final class RowSampling {
  private int rows;
  private SamplingParams[] params = new SamplingParams[64];
  private int[] positions = new int[64];
  private boolean[] confidences = new boolean[64];

  public void clear() {
    rows = 0;
  }

  /** Adds the next logit row, confidence wanted. */
  public void add(SamplingParams sampling, int position) {
    add(sampling, position, true);
  }

  /**
   * Adds the next logit row.
   *
   * @param position of the token being chosen
   * @param needsConfidence whether the confidence will be read; a row without it is cheaper and
   *     leaves NaN
   */
  public void add(SamplingParams sampling, int position, boolean needsConfidence) {
    if (rows == positions.length) {
      params = Arrays.copyOf(params, rows * 2);
      positions = Arrays.copyOf(positions, rows * 2);
      confidences = Arrays.copyOf(confidences, rows * 2);
    }
    params[rows] = sampling;
    positions[rows] = position;
    confidences[rows] = needsConfidence;
    rows++;
  }

  public int rows() {
    return rows;
  }

  public SamplingParams params(int row) {
    return params[row];
  }

  public int position(int row) {
    return positions[row];
  }

  public boolean needsConfidence(int row) {
    return confidences[row];
  }
}
