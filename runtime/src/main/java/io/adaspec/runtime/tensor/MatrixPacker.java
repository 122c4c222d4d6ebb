package io.adaspec.runtime.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Copies a weight tensor into kernel order. Panels are independent, so threads may share the work;
 * every thread has a packer of its own.
 */
final class MatrixPacker {
  static final long ALIGNMENT = 64;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Columns interleaved at a time, so that what is written stays in first-level cache. */
  private static final int STRETCH = 64;

  private int[] intSource = new int[0];
  private int[] intTarget = new int[0];
  private short[] shortSource = new short[0];
  private short[] shortTarget = new short[0];
  private byte[] byteSource = new byte[0];
  private byte[] byteTarget = new byte[0];

  /** A packed matrix of the tensor's shape, with memory but without weights. */
  static PackedMatrix allocate(WeightTensor tensor, int panelRows, SegmentAllocator memory) {
    int rows = Math.toIntExact(tensor.rows());
    int columns = Math.toIntExact(tensor.columns());
    MemorySegment data = memory.allocate(bytes(tensor, panelRows), ALIGNMENT);
    return new PackedMatrix(tensor.name(), tensor.format(), rows, columns, panelRows, data);
  }

  /** Bytes of a tensor in kernel order, without alignment. */
  static long bytes(WeightTensor tensor, int panelRows) {
    long panelBytes = Math.multiplyExact(tensor.format().bytesOf(tensor.columns()), panelRows);
    long panels = Math.ceilDiv(tensor.rows(), panelRows);
    if (tensor.format().blockElements() == 1 || panels == 1) {
      return Math.multiplyExact(panelBytes, panels);
    }
    long odd = Math.multiplyExact(panelBytes, panels / 2);
    return Math.addExact(PackedMatrix.secondHalf(panelBytes, panels), odd);
  }

  /**
   * Fills one panel.
   *
   * @throws IllegalArgumentException if a weight or scale is not finite, naming the first
   */
  void pack(WeightTensor tensor, PackedMatrix matrix, int panel) {
    int panelRows = matrix.panelRows();
    int firstRow = panel * panelRows;
    int rows = Math.min(panelRows, matrix.rows() - firstRow);
    long at = matrix.panelOffset(panel);
    long firstByte = tensor.format().bytesOf(matrix.columns()) * firstRow;
    switch (matrix.format()) {
      case F32 -> packInts(tensor, firstByte, matrix, at, rows);
      case F16, BF16 -> packShorts(tensor, firstByte, matrix, at, rows);
      case Q8_0 -> packBlocks(tensor, firstByte, matrix, at, rows, 32);
      case Q4_0 -> packBlocks(tensor, firstByte, matrix, at, rows, 16);
    }
  }

  private void packInts(
      WeightTensor tensor, long firstByte, PackedMatrix matrix, long at, int rows) {
    int columns = matrix.columns();
    int panelRows = matrix.panelRows();
    int count = Math.multiplyExact(columns, panelRows);
    if (intSource.length < count) {
      intSource = new int[count];
      intTarget = new int[count];
    }
    Arrays.fill(intSource, rows * columns, count, 0);
    MemorySegment.copy(tensor.data(), INT, firstByte, intSource, 0, rows * columns);
    if (!FiniteWeights.areFinite(intSource, rows * columns)) {
      throw FiniteWeights.found(tensor, firstByte / tensor.format().bytesOf(columns));
    }
    for (int from = 0; from < columns; from += STRETCH) {
      int to = Math.min(columns, from + STRETCH);
      for (int row = 0; row < panelRows; row++) {
        for (int k = from; k < to; k++) {
          intTarget[k * panelRows + row] = intSource[row * columns + k];
        }
      }
    }
    MemorySegment.copy(intTarget, 0, matrix.data(), INT, at, count);
  }

  private void packShorts(
      WeightTensor tensor, long firstByte, PackedMatrix matrix, long at, int rows) {
    int columns = matrix.columns();
    int panelRows = matrix.panelRows();
    int count = Math.multiplyExact(columns, panelRows);
    if (shortSource.length < count) {
      shortSource = new short[count];
      shortTarget = new short[count];
    }
    Arrays.fill(shortSource, rows * columns, count, (short) 0);
    MemorySegment.copy(tensor.data(), SHORT, firstByte, shortSource, 0, rows * columns);
    if (!FiniteWeights.areFinite(matrix.format(), shortSource, rows * columns)) {
      throw FiniteWeights.found(tensor, firstByte / tensor.format().bytesOf(columns));
    }
    for (int from = 0; from < columns; from += STRETCH) {
      int to = Math.min(columns, from + STRETCH);
      for (int row = 0; row < panelRows; row++) {
        for (int k = from; k < to; k++) {
          shortTarget[k * panelRows + row] = shortSource[row * columns + k];
        }
      }
    }
    MemorySegment.copy(shortTarget, 0, matrix.data(), SHORT, at, count);
  }

  /** Per block of 32 columns: the scales, then {@code bytes} bytes of each output interleaved. */
  private void packBlocks(
      WeightTensor tensor, long firstByte, PackedMatrix matrix, long at, int rows, int bytes) {
    int panelRows = matrix.panelRows();
    int blockBytes = bytes + 2;
    int rowBytes = matrix.columns() / 32 * blockBytes;
    int count = Math.multiplyExact(rowBytes, panelRows);
    if (byteSource.length < count) {
      byteSource = new byte[count];
      byteTarget = new byte[count];
    }
    Arrays.fill(byteSource, rows * rowBytes, count, (byte) 0);
    MemorySegment.copy(
        tensor.data(), ValueLayout.JAVA_BYTE, firstByte, byteSource, 0, rows * rowBytes);
    for (int from = 0; from < rowBytes; from += blockBytes) {
      int scales = from * panelRows;
      int numbers = scales + 2 * panelRows;
      for (int row = 0; row < panelRows; row++) {
        int read = row * rowBytes + from;
        byte low = byteSource[read];
        byte high = byteSource[read + 1];
        if (!HalfFloats.isFiniteF16((short) ((low & 0xFF) | (high << 8)))) {
          throw FiniteWeights.found(tensor, firstByte / rowBytes);
        }
        byteTarget[scales + 2 * row] = low;
        byteTarget[scales + 2 * row + 1] = high;
        for (int k = 0; k < bytes; k++) {
          byteTarget[numbers + k * panelRows + row] = byteSource[read + 2 + k];
        }
      }
    }
    MemorySegment.copy(byteTarget, 0, matrix.data(), ValueLayout.JAVA_BYTE, at, count);
  }
}
