package io.adaspec.runtime.tensor;

import static io.adaspec.runtime.tensor.HalfFloats.F16_MASK;
import static io.adaspec.runtime.tensor.HalfFloats.F16_REBIAS;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorSpecies;

/** Expands a stretch of a panel (two vectors wide) into a format that the products take. */
final class VectorExpand {
  private static final VectorSpecies<Integer> I = VectorKernels.INTS;
  private static final VectorSpecies<Short> S = VectorKernels.SHORTS;
  private static final int L = VectorKernels.LANES;
  private static final int NIBBLES = 0x0F0F0F0F;

  /** Bytes of the scales and of the numbers of a Q4_0 block. */
  private static final long SCALES = 4L * L;

  private static final long Q4_BYTES = 32L * L;

  private VectorExpand() {}

  /**
   * Expands {@code columns} columns: F16 and BF16 to floats, Q4_0 to Q8_0.
   *
   * @param offset byte at which the stretch starts
   */
  static void expand(
      WeightFormat format, MemorySegment w, long offset, int columns, MemorySegment to) {
    switch (format) {
      case F32, Q8_0 ->
          throw new IllegalArgumentException(format + " panels are used without expansion");
      case F16 -> f16(w, offset, 2L * columns, to);
      case BF16 -> bf16(w, offset, 2L * columns, to);
      case Q4_0 -> {
        for (int block = 0; block < columns / 32; block++) {
          q4(w, offset + block * (SCALES + Q4_BYTES), to, block * (SCALES + 2 * Q4_BYTES));
        }
      }
    }
  }

  private static void f16(MemorySegment w, long offset, long vectors, MemorySegment to) {
    for (long i = 0; i < vectors; i++) {
      ((IntVector)
              ShortVector.fromMemorySegment(S, w, offset + i * (2L * L), LITTLE_ENDIAN)
                  .castShape(I, 0))
          .lanewise(LSHL, 13)
          .and(F16_MASK)
          .reinterpretAsFloats()
          .mul(F16_REBIAS)
          .intoMemorySegment(to, i * (4L * L), LITTLE_ENDIAN);
    }
  }

  private static void bf16(MemorySegment w, long offset, long vectors, MemorySegment to) {
    for (long i = 0; i < vectors; i++) {
      ((IntVector)
              ShortVector.fromMemorySegment(S, w, offset + i * (2L * L), LITTLE_ENDIAN)
                  .castShape(I, 0))
          .lanewise(LSHL, 16)
          .reinterpretAsFloats()
          .intoMemorySegment(to, i * (4L * L), LITTLE_ENDIAN);
    }
  }

  /** Bytes of both columns of a pair as numbers from −8 to 7, scales as they are. */
  private static void q4(MemorySegment w, long from, MemorySegment to, long at) {
    for (long i = 0; i < SCALES; i += 2L * L) {
      ShortVector.fromMemorySegment(S, w, from + i, LITTLE_ENDIAN)
          .intoMemorySegment(to, at + i, LITTLE_ENDIAN);
    }
    for (long i = SCALES; i < SCALES + Q4_BYTES; i += 4L * L) {
      IntVector pairs = IntVector.fromMemorySegment(I, w, from + i, LITTLE_ENDIAN);
      pairs
          .and(NIBBLES)
          .reinterpretAsBytes()
          .sub((byte) 8)
          .intoMemorySegment(to, at + i, LITTLE_ENDIAN);
      pairs
          .lanewise(LSHR, 4)
          .and(NIBBLES)
          .reinterpretAsBytes()
          .sub((byte) 8)
          .intoMemorySegment(to, at + i + Q4_BYTES, LITTLE_ENDIAN);
    }
  }
}
