package io.adaspec.runtime.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** The plain implementation: the oracle of the vector one, and what serves where that cannot. */
public final class ScalarKernels implements Kernels {
  private static final int PANEL_ROWS = 16;

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final int panelRows;

  public ScalarKernels() {
    this(PANEL_ROWS);
  }

  /**
   * @param panelRows outputs per panel, to read what was packed for another implementation
   */
  public ScalarKernels(int panelRows) {
    this.panelRows = panelRows;
  }

  @Override
  public String name() {
    return "scalar";
  }

  @Override
  public int panelRows() {
    return panelRows;
  }

  @Override
  public void multiply(
      PackedMatrix matrix,
      int firstPanel,
      int endPanel,
      Rows x,
      int rows,
      Rows out,
      int outColumn,
      KernelScratch scratch) {
    int width = matrix.panelRows();
    for (int panel = firstPanel; panel < endPanel; panel++) {
      for (int row = 0; row < rows; row++) {
        for (int n = 0; n < width; n++) {
          out.data()[row * out.stride() + outColumn + panel * width + n] =
              product(matrix, panel, n, x.data(), row * x.stride());
        }
      }
    }
  }

  private static float product(PackedMatrix matrix, int panel, int n, float[] x, int xOffset) {
    int block = matrix.format().blockElements();
    float sum = 0;
    for (int from = 0; from < matrix.columns(); from += block) {
      if (block == 1) {
        sum = Math.fma(x[xOffset + from], element(matrix, panel, from, n), sum);
        continue;
      }
      float ofBlock = 0;
      for (int k = from; k < from + block; k++) {
        ofBlock = Math.fma(x[xOffset + k], element(matrix, panel, k, n), ofBlock);
      }
      sum = Math.fma(scale(matrix, panel, from, n), ofBlock, sum);
    }
    return sum;
  }

  /** The scale of the block that holds input {@code k} of output {@code n} of a panel. */
  private static float scale(PackedMatrix matrix, int panel, int k, int n) {
    long block = matrix.panelOffset(panel) + matrix.stretchBytes(k);
    return HalfFloats.f16(matrix.data().get(SHORT, block + 2L * n));
  }

  /** The weight, without its block's scale, of output {@code n} of a panel for input {@code k}. */
  private static float element(PackedMatrix matrix, int panel, int k, int n) {
    int width = matrix.panelRows();
    MemorySegment data = matrix.data();
    int inBlock = k % matrix.format().blockElements();
    long start = matrix.panelOffset(panel) + matrix.stretchBytes(k - inBlock);
    return switch (matrix.format()) {
      case F32 -> data.get(FLOAT, start + 4L * n);
      case F16 -> HalfFloats.f16(data.get(SHORT, start + 2L * n));
      case BF16 -> HalfFloats.bf16(data.get(SHORT, start + 2L * n));
      case Q8_0 -> data.get(ValueLayout.JAVA_BYTE, start + 2L * width + (long) inBlock * width + n);
      case Q4_0 -> {
        long at = start + 2L * width + (long) (inBlock % 16) * width + n;
        int pair = data.get(ValueLayout.JAVA_BYTE, at);
        yield ((inBlock < 16 ? pair : pair >> 4) & 15) - 8;
      }
    };
  }

  @Override
  public void accumulate(
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
      int columns) {
    for (int q = 0; q < queries; q++) {
      int xRow = xOffset + q * xStride;
      int outRow = outOffset + q * outStride;
      accumulateRow(x, xRow, w, wOffset, wStride, depth, out, outRow, 0, columns);
    }
  }

  /** One row of {@link #accumulate}, from a column on. */
  static void accumulateRow(
      float[] x,
      int xRow,
      MemorySegment w,
      long wOffset,
      int wStride,
      int depth,
      float[] out,
      int outRow,
      int firstColumn,
      int columns) {
    for (int c = firstColumn; c < columns; c++) {
      float sum = out[outRow + c];
      for (int k = 0; k < depth; k++) {
        sum = Math.fma(x[xRow + k], w.get(FLOAT, wOffset + 4L * ((long) k * wStride + c)), sum);
      }
      out[outRow + c] = sum;
    }
  }

  @Override
  public void rmsNorm(
      float[] x, int xOffset, float[] weight, float epsilon, float[] out, int outOffset) {
    float[] p = new float[8];
    for (int i = 0; i < weight.length; i++) {
      p[i & 7] = Math.fma(x[xOffset + i], x[xOffset + i], p[i & 7]);
    }
    float scale = normScale(sum(p), weight.length, epsilon);
    for (int i = 0; i < weight.length; i++) {
      out[outOffset + i] = x[xOffset + i] * scale * weight[i];
    }
  }

  static float normScale(float sumOfSquares, int count, float epsilon) {
    return (float) (1 / Math.sqrt((double) sumOfSquares / count + epsilon));
  }

  static float sum(float[] p) {
    return ((p[0] + p[4]) + (p[2] + p[6])) + ((p[1] + p[5]) + (p[3] + p[7]));
  }

  @Override
  public void add(float[] x, int xOffset, float[] y, int yOffset, int count) {
    for (int i = 0; i < count; i++) {
      x[xOffset + i] += y[yOffset + i];
    }
  }

  @Override
  public void siluMultiply(
      float[] gate,
      int gateOffset,
      float[] up,
      int upOffset,
      float[] out,
      int outOffset,
      int count) {
    for (int i = 0; i < count; i++) {
      out[outOffset + i] = silu(gate[gateOffset + i]) * up[upOffset + i];
    }
  }

  static float silu(float x) {
    return x / (1 + ExpPolynomial.exp(-x));
  }

  @Override
  public void softmax(float[] x, int offset, int count) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      max = Math.max(max, x[offset + i]);
    }
    float[] p = new float[8];
    for (int i = 0; i < count; i++) {
      float e = ExpPolynomial.exp(x[offset + i] - max);
      x[offset + i] = e;
      p[i & 7] += e;
    }
    float scale = 1 / sum(p);
    for (int i = 0; i < count; i++) {
      x[offset + i] *= scale;
    }
  }
}
