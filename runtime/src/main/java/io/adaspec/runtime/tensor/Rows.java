package io.adaspec.runtime.tensor;

/**
 * A matrix of activations: row r starts at {@code data[r * stride]}.
 *
 * @param data shared, not copied
 * @param stride elements from one row to the next
 */
public record Rows(float[] data, int stride) {
  public Rows {
    if (stride <= 0) {
      throw new IllegalArgumentException("row stride must be positive, not " + stride);
    }
  }

  /** Zeroed memory for {@code rows} rows of {@code stride} elements. */
  public static Rows allocate(int rows, int stride) {
    return new Rows(new float[Math.multiplyExact(rows, stride)], stride);
  }
}
