package io.adaspec.runtime.tensor;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Kernels over the Vector API, for vectors of 256 bits or more.
 *
 * <p>Panels are two vectors wide. One to four rows of a Q8_0 product expand weights in registers;
 * more rows, and other formats, expand a stretch of a panel into first-level cache once and run F32
 * tiles over all rows; F32 panels are used as they lie.
 */
public final class VectorKernels implements Kernels {
  static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(FLOATS.vectorBitSize() / 2));
  static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(
          byte.class, VectorShape.forBitSize(Math.max(64, FLOATS.vectorBitSize() / 4)));
  static final int LANES = FLOATS.length();

  /** Rows that go straight from quantised panels to registers. */
  private static final int DIRECT_ROWS = 4;

  /** Whether this machine has vectors wide enough. */
  public static boolean supported() {
    return FLOATS.vectorBitSize() >= 256;
  }

  @Override
  public String name() {
    return "vector-" + FLOATS.vectorBitSize();
  }

  @Override
  public int panelRows() {
    return 2 * LANES;
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
    for (int panel = firstPanel; panel < endPanel; panel++) {
      int column = outColumn + panel * matrix.panelRows();
      if (matrix.format() == WeightFormat.Q8_0 && rows <= DIRECT_ROWS) {
        VectorQ8.multiply(matrix, panel, x, 0, rows, out, column);
      } else {
        multiplyPanel(matrix, panel, x, rows, out, column, scratch);
      }
    }
  }

  private static void multiplyPanel(
      PackedMatrix matrix,
      int panel,
      Rows x,
      int rows,
      Rows out,
      int column,
      KernelScratch scratch) {
    int width = matrix.panelRows();
    for (int row = 0; row < rows; row++) {
      int from = row * out.stride() + column;
      Arrays.fill(out.data(), from, from + width, 0);
    }
    long start = matrix.panelBytes() * panel;
    boolean plain = matrix.format() == WeightFormat.F32;
    int step = plain && rows <= DIRECT_ROWS ? matrix.columns() : KernelScratch.DEPTH;
    for (int k = 0; k < matrix.columns(); k += step) {
      int depth = Math.min(step, matrix.columns() - k);
      MemorySegment w = matrix.data();
      long at = start + matrix.stretchBytes(k);
      if (!plain) {
        VectorExpand.expand(matrix.format(), w, at, depth, scratch.panel());
        w = scratch.panel();
        at = 0;
      }
      VectorTiles.accumulate(
          x.data(),
          k,
          x.stride(),
          rows,
          w,
          at,
          4L * width,
          depth,
          out.data(),
          column,
          out.stride(),
          width);
    }
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
    VectorTiles.accumulate(
        x,
        xOffset,
        xStride,
        queries,
        w,
        wOffset,
        4L * wStride,
        depth,
        out,
        outOffset,
        outStride,
        columns);
  }

  @Override
  public void rmsNorm(
      float[] x, int xOffset, float[] weight, float epsilon, float[] out, int outOffset) {
    VectorRows.rmsNorm(x, xOffset, weight, epsilon, out, outOffset);
  }

  @Override
  public void add(float[] x, int xOffset, float[] y, int yOffset, int count) {
    VectorRows.add(x, xOffset, y, yOffset, count);
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
    VectorRows.siluMultiply(gate, gateOffset, up, upOffset, out, outOffset, count);
  }

  @Override
  public void softmax(float[] x, int offset, int count) {
    VectorRows.softmax(x, offset, count);
  }
}
