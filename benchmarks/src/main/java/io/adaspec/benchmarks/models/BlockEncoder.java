package io.adaspec.benchmarks.models;

import io.adaspec.runtime.tensor.WeightFormat;
import java.nio.ByteBuffer;

/** Rounds rows of floats to a weight format, after the GGUF specification's reference rounding. */
final class BlockEncoder {
  private static final int BLOCK = 32;

  private BlockEncoder() {}

  /**
   * Encodes one row, a whole number of blocks.
   *
   * @param out little-endian, with room for the row
   */
  static void encode(float[] row, WeightFormat format, ByteBuffer out) {
    switch (format) {
      case F32 -> {
        for (float value : row) {
          out.putFloat(value);
        }
      }
      case F16 -> {
        for (float value : row) {
          out.putShort(Float.floatToFloat16(value));
        }
      }
      case BF16 -> {
        for (float value : row) {
          out.putShort((short) (Float.floatToRawIntBits(value) >> 16));
        }
      }
      case Q8_0 -> {
        for (int at = 0; at < row.length; at += BLOCK) {
          q8(row, at, out);
        }
      }
      case Q4_0 -> {
        for (int at = 0; at < row.length; at += BLOCK) {
          q4(row, at, out);
        }
      }
    }
  }

  private static void q8(float[] row, int at, ByteBuffer out) {
    float scale = Math.abs(row[largest(row, at)]) / 127;
    float inverse = scale == 0 ? 0 : 1 / scale;
    out.putShort(Float.floatToFloat16(scale));
    for (int i = 0; i < BLOCK; i++) {
      out.put((byte) Math.round(row[at + i] * inverse));
    }
  }

  /** The largest magnitude becomes −8. */
  private static void q4(float[] row, int at, ByteBuffer out) {
    float scale = row[largest(row, at)] / -8;
    float inverse = scale == 0 ? 0 : 1 / scale;
    out.putShort(Float.floatToFloat16(scale));
    for (int i = 0; i < BLOCK / 2; i++) {
      int low = nibble(row[at + i] * inverse);
      int high = nibble(row[at + i + BLOCK / 2] * inverse);
      out.put((byte) (low | high << 4));
    }
  }

  private static int nibble(float value) {
    return Math.clamp((int) (value + 8.5f), 0, 15);
  }

  private static int largest(float[] row, int at) {
    int largest = at;
    for (int i = at; i < at + BLOCK; i++) {
      largest = Math.abs(row[i]) > Math.abs(row[largest]) ? i : largest;
    }
    return largest;
  }
}
