package io.adaspec.gpu.cublas;

/**
 * A product {@code out[r] = weights · x[r]} of half-precision matrices with sums in single
 * precision. All three lie in rows: weights [outputs, inputs], x [rows, inputs], out [rows,
 * outStride] of single precision.
 *
 * @param bfloat BF16, or else F16
 */
public record HalfProduct(boolean bfloat, int outputs, int inputs, int rows, int outStride) {
  @Override
  public String toString() {
    return rows + " rows of " + inputs + " inputs, " + outputs + " outputs";
  }
}
