package io.adaspec.runtime.tensor;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A named weight tensor as it lies in its file: read-only, memory-mapped, row-major.
 *
 * @param name the name used by the engine (GGUF convention, for example {@code
 *     blk.0.attn_q.weight})
 * @param format how elements are stored
 * @param shape sizes, slowest dimension first: a matrix is {@code [rows, columns]}, a row holding
 *     one output's weights
 * @param data exactly the bytes of the tensor; alignment 1 is all that may be assumed
 */
public record WeightTensor(String name, WeightFormat format, List<Long> shape, MemorySegment data) {
  public WeightTensor {
    shape = List.copyOf(shape);
    if (shape.isEmpty()) {
      throw new IllegalArgumentException("tensor " + name + " has no dimensions");
    }
    long elements = 1;
    for (long size : shape) {
      if (size <= 0) {
        throw new IllegalArgumentException(
            "tensor " + name + " has size " + size + " in shape " + shape);
      }
      elements = Math.multiplyExact(elements, size);
    }
    long bytes = Math.multiplyExact(elements / shape.getLast(), format.bytesOf(shape.getLast()));
    if (data.byteSize() != bytes) {
      throw new IllegalArgumentException(
          "tensor "
              + name
              + " needs "
              + bytes
              + " bytes as "
              + format
              + shape
              + ", has "
              + data.byteSize());
    }
    data = data.asReadOnly();
  }

  /** Number of rows: the product of all sizes but the last. */
  public long rows() {
    long rows = 1;
    for (int i = 0; i < shape.size() - 1; i++) {
      rows *= shape.get(i);
    }
    return rows;
  }

  /** The first rows of a matrix, a view. */
  public WeightTensor leadingRows(long count) {
    if (shape.size() != 2 || count > shape.getFirst()) {
      throw new IllegalArgumentException(
          "tensor " + name + " of shape " + shape + " has no " + count + " leading rows");
    }
    MemorySegment leading = data.asSlice(0, Math.multiplyExact(count, format.bytesOf(columns())));
    return new WeightTensor(name, format, List.of(count, columns()), leading);
  }

  /** Elements in a row. */
  public long columns() {
    return shape.getLast();
  }
}
