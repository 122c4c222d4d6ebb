package io.adaspec.runtime.tensor;

import java.lang.foreign.MemorySegment;

/**
 * Array operations of a transformer, batch-invariant and lane-invariant: the bits of a result
 * depend on the operands of that result alone, not on how many rows are computed together, how work
 * is cut, or how wide vectors are. So implementations agree bit for bit, and {@link ScalarKernels}
 * is the oracle of all others.
 *
 * <p>The rules that make it so, {@code fma} being one rounding:
 *
 * <ul>
 *   <li>an output of a product with F32, F16 or BF16 weights is the chain {@code acc = fma(x[k],
 *       w[k], acc)} over ascending k from acc = 0;
 *   <li>with block formats each block of 32 inputs has such a chain over its integers, and blocks
 *       are added by {@code acc = fma(scale, block, acc)} in ascending order;
 *   <li>a sum over a row (norm, softmax) has eight partial sums, element i going to partial i mod
 *       8, added as {@code ((p0+p4)+(p2+p6)) + ((p1+p5)+(p3+p7))};
 *   <li>exponentials are {@link ExpPolynomial}.
 * </ul>
 *
 * <p>Stateless and thread-safe; scratch memory is the caller's. Nothing is allocated.
 */
public interface Kernels {
  /** For people: the implementation and its vector width. */
  String name();

  /** Output rows side by side in a panel of the packed matrices that suit this implementation. */
  int panelRows();

  /**
   * {@code out[r][n] = Σ_k x[r][k] · w[n][k]} for all rows r and the outputs n of some panels.
   *
   * @param firstPanel first panel computed
   * @param endPanel end of the panels computed
   * @param x [rows, matrix.columns()] activations
   * @param out [rows, at least matrix.paddedRows() + outColumn] results; the outputs of the last
   *     panel beyond the matrix are written too
   * @param outColumn column of {@code out} that output 0 goes to
   * @param scratch the caller's, one per thread
   */
  void multiply(
      PackedMatrix matrix,
      int firstPanel,
      int endPanel,
      Rows x,
      int rows,
      Rows out,
      int outColumn,
      KernelScratch scratch);

  /**
   * {@code out[q][c] += Σ_k x[q][k] · w[k][c]} for a plain F32 matrix in native memory (a KV
   * block).
   *
   * @param xOffset where row 0 starts in {@code x}
   * @param xStride elements between rows of {@code x}
   * @param queries rows of {@code x} and {@code out}
   * @param w native memory; row k starts at byte {@code wOffset + 4 · k · wStride}
   * @param wStride elements between rows of {@code w}
   * @param depth number of k
   * @param columns number of c
   */
  void accumulate(
      float[] x,
      int xOffset,
      int xStride,
      int queries,
      MemorySegment w,
      long wOffset,
      int wStride,
      int depth,
      float[] out,
      int outOffset,
      int outStride,
      int columns);

  /**
   * {@code out[i] = x[i] · s · weight[i]} with {@code s = 1 / sqrt(mean(x²) + epsilon)} (RMSNorm);
   * {@code out} may be {@code x}, at the same offset.
   */
  void rmsNorm(float[] x, int xOffset, float[] weight, float epsilon, float[] out, int outOffset);

  /** {@code x[i] += y[i]}. */
  void add(float[] x, int xOffset, float[] y, int yOffset, int count);

  /** {@code out[i] = gate[i] / (1 + exp(−gate[i])) · up[i]} (SwiGLU). */
  void siluMultiply(
      float[] gate,
      int gateOffset,
      float[] up,
      int upOffset,
      float[] out,
      int outOffset,
      int count);

  /** Softmax in place over {@code count} ≥ 1 values, safe against overflow. */
  void softmax(float[] x, int offset, int count);

  /** The fastest implementation for this machine; logs once if that is a slow one. */
  static Kernels best() {
    return KernelChoice.best();
  }
}
