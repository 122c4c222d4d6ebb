package io.adaspec.gpu;

import io.adaspec.runtime.tensor.WeightTensor;
import java.util.List;

/**
 * One weight matrix as it will lie in GPU memory: the outputs of one or more tensors of a file, one
 * after the other.
 *
 * @param format storage on the GPU
 * @param sources the tensors, of equal width
 * @param outputs rows of all tensors together
 * @param columns inputs
 * @param outColumn where output 0 goes in a row of results
 */
record MatrixPlan(
    DeviceFormat format, List<WeightTensor> sources, int outputs, int columns, int outColumn) {
  MatrixPlan {
    sources = List.copyOf(sources);
  }

  /** Chunks of 32 inputs, the last one perhaps padded. */
  int chunks() {
    return Math.ceilDiv(columns, DeviceFormat.TILE_INPUTS);
  }

  long dataBytes() {
    return format.tileBytes() == 0
        ? Math.multiplyExact((long) outputs * chunks(), 4L * DeviceFormat.TILE_INPUTS)
        : Math.multiplyExact(tiles(), format.tileBytes());
  }

  /** Bytes of the scales; 0 for formats without. */
  long scaleBytes() {
    return Math.multiplyExact(tiles(), format.tileScaleBytes());
  }

  long bytes() {
    return dataBytes() + scaleBytes();
  }

  /** Bytes in rows of half precision; 0 for F32, which is not expanded. */
  long expandedBytes() {
    return format == DeviceFormat.F32
        ? 0
        : Math.multiplyExact(
            (long) outputs * chunks(), (long) Short.BYTES * DeviceFormat.TILE_INPUTS);
  }

  /** The matrix in another format. */
  MatrixPlan as(DeviceFormat other) {
    return new MatrixPlan(other, sources, outputs, columns, outColumn);
  }

  private long tiles() {
    return (long) Math.ceilDiv(outputs, DeviceFormat.TILE_OUTPUTS) * chunks();
  }
}
