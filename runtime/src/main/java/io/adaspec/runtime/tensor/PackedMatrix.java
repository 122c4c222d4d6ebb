package io.adaspec.runtime.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Arrays;

/**
 * A weight matrix in the order in which kernels read it: panels of {@code panelRows} outputs,
 * within a panel one column after the other, the outputs of a column side by side. Lanes of a
 * vector are outputs, so a vector of weights is used for every activation row and no sum crosses
 * lanes.
 *
 * <p>Quantised panels consist of blocks of 32 columns: first the F16 scale of each output, then
 * Q8_0: 32 × panelRows bytes; Q4_0: 16 × panelRows bytes, byte j holding column j low and j + 16
 * high. The last panel is padded with zero weights.
 *
 * <p>Kernels take quantised panels two by two. Those of even and those of odd number lie in a half
 * each, so both of a pair go on where those of the pair before ended: two long streams, which
 * processors fetch ahead, and which reach the end of a page, where fetching ahead stops, together.
 *
 * @param name of the tensor it was made from
 * @param format element format, unchanged by packing
 * @param rows outputs
 * @param columns inputs
 * @param panelRows outputs per panel
 * @param data native memory
 */
public record PackedMatrix(
    String name, WeightFormat format, int rows, int columns, int panelRows, MemorySegment data) {

  /**
   * Repacks a tensor on all threads of a team.
   *
   * @param memory gives the packed bytes
   * @throws IllegalArgumentException if a weight or scale is not finite, naming one
   */
  public static PackedMatrix pack(
      WeightTensor tensor, int panelRows, SegmentAllocator memory, WorkerTeam team) {
    PackedMatrix matrix = MatrixPacker.allocate(tensor, panelRows, memory);
    MatrixPacker[] packers = new MatrixPacker[team.size()];
    Arrays.setAll(packers, i -> new MatrixPacker());
    team.run(matrix.panels(), (worker, panel) -> packers[worker].pack(tensor, matrix, panel));
    return matrix;
  }

  /** The most memory that {@link #pack} of a tensor takes, alignment included. */
  public static long packedBytes(WeightTensor tensor, int panelRows) {
    return Math.addExact(MatrixPacker.bytes(tensor, panelRows), MatrixPacker.ALIGNMENT);
  }

  /** The halves of quantised panels are whole pages of this many bytes apart. */
  static final long PAGE = 4096;

  /** Panels, the last one perhaps padded. */
  public int panels() {
    return Math.ceilDiv(rows, panelRows);
  }

  /** Outputs with padding. */
  public int paddedRows() {
    return Math.multiplyExact(panels(), panelRows);
  }

  /** Bytes of one panel. */
  public long panelBytes() {
    return format.bytesOf(columns) * panelRows;
  }

  /** Byte of {@code data} at which a panel starts. */
  long panelOffset(int panel) {
    if (format.blockElements() == 1) {
      return panelBytes() * panel;
    }
    return panelBytes() * (panel / 2) + panel % 2 * secondHalf(panelBytes(), panels());
  }

  /** Where the half of the odd panels starts. */
  static long secondHalf(long panelBytes, long panels) {
    long even = Math.multiplyExact(panelBytes, Math.ceilDiv(panels, 2));
    return Math.multiplyExact(Math.ceilDiv(even, PAGE), PAGE);
  }

  /** Bytes of a stretch of {@code columnCount} columns of one panel, a whole number of blocks. */
  long stretchBytes(int columnCount) {
    return format.bytesOf(columnCount) * panelRows;
  }

  /** Bytes of the packed weights. */
  public long bytes() {
    return data.byteSize();
  }
}
