package io.adaspec.runtime.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Finds weights that are infinite or undefined: in block formats only scales can be. One such
 * number makes every logit useless, so a model that has one is refused when it is loaded.
 *
 * <p>A number is not finite iff all bits of its exponent are set; adding the lowest of them then
 * carries into the bit above, which is what the loops look for.
 */
public final class FiniteWeights {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int F32_EXPONENT = 0x7F800000;
  private static final int F32_LOWEST = 0x00800000;
  private static final long CHUNK_BYTES = 1 << 20;

  private FiniteWeights() {}

  /**
   * Checks a whole tensor where it lies, on all threads of a team.
   *
   * @throws IllegalArgumentException naming the tensor, the first index and the value
   */
  public static void require(WeightTensor tensor, WorkerTeam team) {
    long rowBytes = tensor.format().bytesOf(tensor.columns());
    long rows = Math.clamp(CHUNK_BYTES / rowBytes, 1, tensor.rows());
    int chunks = Math.toIntExact(Math.ceilDiv(tensor.rows(), rows));
    team.run(
        chunks,
        (worker, chunk) ->
            require(tensor, chunk * rows, Math.min(rows, tensor.rows() - chunk * rows)));
  }

  /**
   * Checks some rows of a tensor where they lie.
   *
   * @throws IllegalArgumentException naming the tensor, the first index and the value
   */
  static void require(WeightTensor tensor, long firstRow, long rows) {
    WeightFormat format = tensor.format();
    MemorySegment data = tensor.data();
    long blocks = tensor.columns() / format.blockElements();
    long end = (firstRow + rows) * blocks;
    int carry = 0;
    if (format == WeightFormat.F32) {
      for (long block = firstRow * blocks; block < end; block++) {
        carry |= (data.get(INT, 4 * block) & F32_EXPONENT) + F32_LOWEST;
      }
    } else {
      int exponent = shortExponent(format);
      int lowest = exponent & -exponent;
      for (long block = firstRow * blocks; block < end; block++) {
        carry |= ((data.get(SHORT, block * format.blockBytes()) & exponent) + lowest) << 16;
      }
    }
    if (carry < 0) {
      throw found(tensor, firstRow);
    }
  }

  /** Whether F32 numbers are finite. */
  static boolean areFinite(int[] bits, int count) {
    int carry = 0;
    for (int i = 0; i < count; i++) {
      carry |= (bits[i] & F32_EXPONENT) + F32_LOWEST;
    }
    return carry >= 0;
  }

  /** Whether F16 or BF16 numbers are finite. */
  static boolean areFinite(WeightFormat format, short[] bits, int count) {
    int exponent = shortExponent(format);
    int lowest = exponent & -exponent;
    int carry = 0;
    for (int i = 0; i < count; i++) {
      carry |= (bits[i] & exponent) + lowest;
    }
    return (carry & 0x8000) == 0;
  }

  private static int shortExponent(WeightFormat format) {
    return format == WeightFormat.BF16 ? 0x7F80 : 0x7C00;
  }

  /** The error for the first number from a row on that is not finite; there is one. */
  static IllegalArgumentException found(WeightTensor tensor, long firstRow) {
    WeightFormat format = tensor.format();
    long blocks = tensor.columns() / format.blockElements();
    long block = firstRow * blocks;
    while (Float.isFinite(value(tensor, block))) {
      block++;
    }
    long column = block % blocks * format.blockElements();
    String index =
        tensor.shape().size() == 1
            ? "[" + column + "]"
            : "[" + block / blocks + ", " + column + "]";
    return new IllegalArgumentException(
        "tensor "
            + tensor.name()
            + " holds "
            + value(tensor, block)
            + (format.blockElements() > 1 ? " as the scale of the block at " : " at ")
            + index
            + "; the file is damaged or its conversion to "
            + format
            + " overflowed");
  }

  private static float value(WeightTensor tensor, long block) {
    long at = block * tensor.format().blockBytes();
    return switch (tensor.format()) {
      case F32 -> Float.intBitsToFloat(tensor.data().get(INT, at));
      case BF16 -> HalfFloats.bf16(tensor.data().get(SHORT, at));
      case F16, Q8_0, Q4_0 -> Float.float16ToFloat(tensor.data().get(SHORT, at));
    };
  }
}
