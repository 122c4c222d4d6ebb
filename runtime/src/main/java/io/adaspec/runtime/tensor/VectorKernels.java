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
 * <p>Panels are two vectors wide. F32 and Q8_0 panels are used as they lie; of other formats a
 * stretch of a panel is first expanded into first-level cache: F16 and BF16 to F32, Q4_0 to Q8_0.
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

  /** Whether this machine has vectors wide enough. */
  public static boolean supported() {
    return bits() >= 256;
  }

  /** Bits of this machine's vectors. */
  static int bits() {
    return FLOATS.vectorBitSize();
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
    int width = matrix.panelRows();
    int panel = firstPanel;
    while (panel < endPanel) {
      int count = isPaired(matrix.format()) && panel + 2 <= endPanel ? 2 : 1;
      int column = outColumn + panel * width;
      for (int row = 0; row < rows; row++) {
        int from = row * out.stride() + column;
        Arrays.fill(out.data(), from, from + count * width, 0);
      }
      if (count == 2) {
        multiplyPair(matrix, panel, x, rows, out, column, scratch);
      } else {
        multiplyPanel(matrix, panel, x, rows, out, column, scratch);
      }
      panel += count;
    }
  }

  private static boolean isPaired(WeightFormat format) {
    return VectorQ8Pair.SUPPORTED && (format == WeightFormat.Q8_0 || format == WeightFormat.Q4_0);
  }

  private static void multiplyPair(
      PackedMatrix matrix,
      int panel,
      Rows x,
      int rows,
      Rows out,
      int column,
      KernelScratch scratch) {
    MemorySegment w = matrix.data();
    long start = matrix.panelOffset(panel);
    long gap = matrix.panelOffset(panel + 1) - start;
    if (matrix.format() == WeightFormat.Q8_0) {
      pair(w, start, gap, matrix.columns(), x, 0, rows, out, column);
      return;
    }
    long half = scratch.panel().byteSize() / 2;
    for (int k = 0; k < matrix.columns(); k += KernelScratch.DEPTH) {
      int depth = Math.min(KernelScratch.DEPTH, matrix.columns() - k);
      long at = start + matrix.stretchBytes(k);
      VectorExpand.expand(WeightFormat.Q4_0, w, at, depth, scratch.panel());
      VectorExpand.expand(WeightFormat.Q4_0, w, at + gap, depth, scratch.panel().asSlice(half));
      pair(scratch.panel(), 0, half, depth, x, k, rows, out, column);
    }
  }

  private static void pair(
      MemorySegment w,
      long at,
      long gap,
      int depth,
      Rows x,
      int k,
      int rows,
      Rows out,
      int column) {
    VectorQ8Pair.accumulate(
        w, at, gap, depth, x.data(), k, x.stride(), rows, out.data(), column, out.stride());
  }

  private static void multiplyPanel(
      PackedMatrix matrix,
      int panel,
      Rows x,
      int rows,
      Rows out,
      int column,
      KernelScratch scratch) {
    WeightFormat format = matrix.format();
    MemorySegment w = matrix.data();
    long start = matrix.panelOffset(panel);
    int step =
        switch (format) {
          case Q8_0, F32 -> matrix.columns();
          case F16, BF16, Q4_0 -> KernelScratch.DEPTH;
        };
    for (int k = 0; k < matrix.columns(); k += step) {
      int depth = Math.min(step, matrix.columns() - k);
      long at = start + matrix.stretchBytes(k);
      switch (format) {
        case F32 -> plain(w, at, depth, x, k, rows, out, column);
        case Q8_0 -> quantised(w, at, depth, x, k, rows, out, column);
        case F16, BF16 -> {
          VectorExpand.expand(format, w, at, depth, scratch.panel());
          plain(scratch.panel(), 0, depth, x, k, rows, out, column);
        }
        case Q4_0 -> {
          VectorExpand.expand(format, w, at, depth, scratch.panel());
          quantised(scratch.panel(), 0, depth, x, k, rows, out, column);
        }
      }
    }
  }

  private static void plain(
      MemorySegment w, long at, int depth, Rows x, int k, int rows, Rows out, int column) {
    VectorTiles.accumulate(
        x.data(),
        k,
        x.stride(),
        rows,
        w,
        at,
        8L * LANES,
        depth,
        out.data(),
        column,
        out.stride(),
        2 * LANES);
  }

  private static void quantised(
      MemorySegment w, long at, int depth, Rows x, int k, int rows, Rows out, int column) {
    VectorQ8.accumulate(
        w, at, depth, x.data(), k, x.stride(), rows, out.data(), column, out.stride());
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
