package io.adaspec.runtime.tensor;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.SplittableRandom;

/** Random weights and activations of any format. */
public final class RandomTensors {
  private RandomTensors() {}

  /** A [rows, columns] tensor with elements of about ±0.1. */
  public static WeightTensor tensor(WeightFormat format, int rows, int columns, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int bytes = Math.toIntExact(format.bytesOf(columns) * rows);
    ByteBuffer data = ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (data.hasRemaining()) {
      switch (format) {
        case F32 -> data.putFloat((float) random.nextGaussian() * 0.1f);
        case F16 -> data.putShort(Float.floatToFloat16((float) random.nextGaussian() * 0.1f));
        case BF16 ->
            data.putShort(
                (short) (Float.floatToRawIntBits((float) random.nextGaussian() * 0.1f) >> 16));
        case Q8_0 -> block(data, random, 32, 0.001f);
        case Q4_0 -> block(data, random, 16, 0.02f);
      }
    }
    MemorySegment segment = MemorySegment.ofBuffer(data.flip());
    return new WeightTensor("random", format, List.of((long) rows, (long) columns), segment);
  }

  private static void block(ByteBuffer data, SplittableRandom random, int size, float scale) {
    data.putShort(Float.floatToFloat16(scale * (0.5f + (float) random.nextDouble())));
    byte[] values = new byte[size];
    random.nextBytes(values);
    data.put(values);
  }

  /** {@code count} normal numbers. */
  public static float[] floats(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
