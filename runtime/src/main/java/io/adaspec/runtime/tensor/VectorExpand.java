package io.adaspec.runtime.tensor;

import static io.adaspec.runtime.tensor.HalfFloats.F16_MASK;
import static io.adaspec.runtime.tensor.HalfFloats.F16_REBIAS;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorSpecies;

/** Expands a stretch of a panel (two vectors wide) into floats, column after column. */
final class VectorExpand {
  private static final VectorSpecies<Float> F = VectorKernels.FLOATS;
  private static final VectorSpecies<Integer> I = VectorKernels.INTS;
  private static final VectorSpecies<Short> S = VectorKernels.SHORTS;
  private static final VectorSpecies<Byte> B = VectorKernels.BYTES;
  private static final int L = VectorKernels.LANES;

  private VectorExpand() {}

  /**
   * Expands {@code columns} columns.
   *
   * @param offset byte at which the stretch starts
   */
  static void expand(
      WeightFormat format, MemorySegment w, long offset, int columns, MemorySegment to) {
    switch (format) {
      case F32 -> throw new IllegalArgumentException("F32 panels need no expansion");
      case F16 -> f16(w, offset, 2L * columns, to);
      case BF16 -> bf16(w, offset, 2L * columns, to);
      case Q8_0 -> {
        for (int b = 0; b < columns; b += 32) {
          long block = offset + b / 32 * (68L * L);
          q8(w, block, block + 4L * L, to, b * (8L * L));
        }
      }
      case Q4_0 -> {
        for (int b = 0; b < columns; b += 32) {
          long block = offset + b / 32 * (36L * L);
          q4(w, block, block + 4L * L, to, b * (8L * L));
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

  private static void q8(MemorySegment w, long scales, long bytes, MemorySegment to, long at) {
    FloatVector s =
        ((IntVector) ShortVector.fromMemorySegment(S, w, scales, LITTLE_ENDIAN).castShape(I, 0))
            .lanewise(LSHL, 13)
            .and(F16_MASK)
            .reinterpretAsFloats()
            .mul(F16_REBIAS);
    FloatVector t =
        ((IntVector)
                ShortVector.fromMemorySegment(S, w, scales + 2L * L, LITTLE_ENDIAN).castShape(I, 0))
            .lanewise(LSHL, 13)
            .and(F16_MASK)
            .reinterpretAsFloats()
            .mul(F16_REBIAS);
    for (int k = 0; k < 32; k++) {
      long pair = bytes + k * (2L * L);
      long target = at + k * (8L * L);
      ((FloatVector) ByteVector.fromMemorySegment(B, w, pair, LITTLE_ENDIAN).castShape(F, 0))
          .mul(s)
          .intoMemorySegment(to, target, LITTLE_ENDIAN);
      ((FloatVector) ByteVector.fromMemorySegment(B, w, pair + L, LITTLE_ENDIAN).castShape(F, 0))
          .mul(t)
          .intoMemorySegment(to, target + 4L * L, LITTLE_ENDIAN);
    }
  }

  private static void q4(MemorySegment w, long scales, long bytes, MemorySegment to, long at) {
    for (int half = 0; half < 2; half++) {
      FloatVector s =
          ((IntVector)
                  ShortVector.fromMemorySegment(S, w, scales + half * (2L * L), LITTLE_ENDIAN)
                      .castShape(I, 0))
              .lanewise(LSHL, 13)
              .and(F16_MASK)
              .reinterpretAsFloats()
              .mul(F16_REBIAS);
      for (int k = 0; k < 16; k++) {
        IntVector pairs =
            (IntVector)
                ByteVector.fromMemorySegment(
                        B, w, bytes + k * (2L * L) + (long) half * L, LITTLE_ENDIAN)
                    .castShape(I, 0);
        long target = at + k * (8L * L) + half * (4L * L);
        ((FloatVector) pairs.and(15).sub(8).castShape(F, 0))
            .mul(s)
            .intoMemorySegment(to, target, LITTLE_ENDIAN);
        ((FloatVector) pairs.lanewise(ASHR, 4).and(15).sub(8).castShape(F, 0))
            .mul(s)
            .intoMemorySegment(to, target + 128L * L, LITTLE_ENDIAN);
      }
    }
  }
}
