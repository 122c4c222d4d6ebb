package io.adaspec.runtime.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Reads rows of a mapped weight tensor as floats, in any format. Allocates nothing. */
public final class WeightRows {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private WeightRows() {}

  /**
   * Dequantises one row.
   *
   * @param out receives {@code tensor.columns()} elements from {@code outOffset} on
   */
  public static void read(WeightTensor tensor, long row, float[] out, int outOffset) {
    int columns = Math.toIntExact(tensor.columns());
    MemorySegment data = tensor.data();
    long start = Math.multiplyExact(row, tensor.format().bytesOf(columns));
    switch (tensor.format()) {
      case F32 -> {
        for (int i = 0; i < columns; i++) {
          out[outOffset + i] = data.get(FLOAT, start + 4L * i);
        }
      }
      case F16 -> {
        for (int i = 0; i < columns; i++) {
          out[outOffset + i] = HalfFloats.f16(data.get(SHORT, start + 2L * i));
        }
      }
      case BF16 -> {
        for (int i = 0; i < columns; i++) {
          out[outOffset + i] = HalfFloats.bf16(data.get(SHORT, start + 2L * i));
        }
      }
      case Q8_0 -> readQ8(data, start, columns, out, outOffset);
      case Q4_0 -> readQ4(data, start, columns, out, outOffset);
    }
  }

  /**
   * All elements of a tensor with one row (a norm or a bias).
   *
   * @throws IllegalArgumentException if one is not finite, naming it
   */
  public static float[] vector(WeightTensor tensor) {
    FiniteWeights.require(tensor, 0, 1);
    float[] values = new float[Math.toIntExact(tensor.columns())];
    read(tensor, 0, values, 0);
    return values;
  }

  private static void readQ8(MemorySegment data, long start, int columns, float[] out, int offset) {
    long block = start;
    for (int b = 0; b < columns; b += 32) {
      float scale = HalfFloats.f16(data.get(SHORT, block));
      for (int i = 0; i < 32; i++) {
        out[offset + b + i] = scale * data.get(ValueLayout.JAVA_BYTE, block + 2 + i);
      }
      block += 34;
    }
  }

  private static void readQ4(MemorySegment data, long start, int columns, float[] out, int offset) {
    long block = start;
    for (int b = 0; b < columns; b += 32) {
      float scale = HalfFloats.f16(data.get(SHORT, block));
      for (int i = 0; i < 16; i++) {
        int pair = data.get(ValueLayout.JAVA_BYTE, block + 2 + i);
        out[offset + b + i] = scale * ((pair & 15) - 8);
        out[offset + b + i + 16] = scale * (((pair >> 4) & 15) - 8);
      }
      block += 18;
    }
  }
}
