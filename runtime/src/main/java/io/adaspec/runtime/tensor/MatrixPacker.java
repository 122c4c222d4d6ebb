package io.adaspec.runtime.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Copies a weight tensor into kernel order. Panels are independent, so threads may share the work;
 * every thread has a packer of its own.
 */
final class MatrixPacker {
  static final long ALIGNMENT = 64;

  private byte[] source = new byte[0];
  private byte[] target = new byte[0];

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
    return Math.multiplyExact(panelBytes, Math.ceilDiv(tensor.rows(), panelRows));
  }

  /**
   * Fills one panel.
   *
   * @throws IllegalArgumentException if an F16 weight or scale is not finite
   */
  void pack(WeightTensor tensor, PackedMatrix matrix, int panel) {
    int panelRows = matrix.panelRows();
    int firstRow = panel * panelRows;
    int rows = Math.min(panelRows, matrix.rows() - firstRow);
    int rowBytes = Math.toIntExact(tensor.format().bytesOf(matrix.columns()));
    int panelBytes = Math.multiplyExact(rowBytes, panelRows);
    if (source.length < panelBytes) {
      source = new byte[panelBytes];
      target = new byte[panelBytes];
    }
    if (rows < panelRows) {
      Arrays.fill(source, rows * rowBytes, panelBytes, (byte) 0);
    }
    MemorySegment.copy(
        tensor.data(),
        ValueLayout.JAVA_BYTE,
        (long) firstRow * rowBytes,
        source,
        0,
        rows * rowBytes);
    int columns = matrix.columns();
    switch (matrix.format()) {
      case F32 -> interleave(4, columns, rowBytes, 0, 0, panelRows);
      case F16 -> {
        interleave(2, columns, rowBytes, 0, 0, panelRows);
        requireFinite(tensor, 0, columns * panelRows);
      }
      case BF16 -> interleave(2, columns, rowBytes, 0, 0, panelRows);
      case Q8_0 -> packBlocks(tensor, 32, columns / 32, rowBytes, panelRows);
      case Q4_0 -> packBlocks(tensor, 16, columns / 32, rowBytes, panelRows);
    }
    long at = matrix.panelBytes() * panel;
    MemorySegment.copy(target, 0, matrix.data(), ValueLayout.JAVA_BYTE, at, panelBytes);
  }

  private void packBlocks(
      WeightTensor tensor, int blockData, int blocks, int rowBytes, int panelRows) {
    int blockBytes = blockData + 2;
    for (int block = 0; block < blocks; block++) {
      int from = block * blockBytes;
      int to = from * panelRows;
      interleave(2, 1, rowBytes, from, to, panelRows);
      requireFinite(tensor, to, panelRows);
      interleave(1, blockData, rowBytes, from + 2, to + 2 * panelRows, panelRows);
    }
  }

  /** Moves elements from row after row to side by side. */
  private void interleave(int size, int count, int rowBytes, int from, int to, int panelRows) {
    for (int row = 0; row < panelRows; row++) {
      int read = row * rowBytes + from;
      int write = to + row * size;
      for (int i = 0; i < count; i++) {
        for (int b = 0; b < size; b++) {
          target[write + b] = source[read + b];
        }
        read += size;
        write += size * panelRows;
      }
    }
  }

  private void requireFinite(WeightTensor tensor, int at, int count) {
    for (int i = 0; i < count; i++) {
      short bits = (short) ((target[at + 2 * i] & 0xFF) | (target[at + 2 * i + 1] << 8));
      if (!HalfFloats.isFiniteF16(bits)) {
        throw new IllegalArgumentException(
            "tensor "
                + tensor.name()
                + " holds an infinite or undefined "
                + tensor.format()
                + " number; the file is damaged or its conversion overflowed");
      }
    }
  }
}
