package io.adaspec.runtime.tensor;

import static io.adaspec.runtime.tensor.HalfFloats.F16_MASK;
import static io.adaspec.runtime.tensor.HalfFloats.F16_REBIAS;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.LSHL;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Products with two Q8_0 panels at once, for 32 registers (AVX-512): up to four rows × four vectors
 * of outputs. The sums are those of {@link VectorQ8}.
 *
 * <p>Widening bytes and copying an activation to all lanes share an execution unit that half of the
 * multiply-adds need too. A tile of 4 × 2 asks it for six operations in eight multiply-adds, one of
 * 4 × 4 for eight in sixteen: only then do conversions cost no time.
 *
 * <p>Inner loops advance by {@code step}, which is 1 but no constant for the compiler. With a
 * constant it moves the checks of offsets out of the loop, in front of it, where they take longer
 * than they do in the 32 turns.
 */
final class VectorQ8Pair {
  private static final VectorSpecies<Float> F = VectorKernels.FLOATS;
  private static final VectorSpecies<Integer> I = VectorKernels.INTS;
  private static final VectorSpecies<Short> S = VectorKernels.SHORTS;
  private static final VectorSpecies<Byte> B = VectorKernels.BYTES;
  private static final int L = VectorKernels.LANES;
  private static final int BLOCK = 32;

  /** Bytes of the scales in front of a block. */
  private static final long SCALES = 4L * L;

  /** Whether there are registers enough. */
  static final boolean SUPPORTED = F.vectorBitSize() >= 512;

  private VectorQ8Pair() {}

  /**
   * Both panels' {@link VectorQ8#accumulate}; their outputs lie side by side.
   *
   * @param wOffset where the first panel's first block starts in {@code w}
   * @param gap bytes from there to the second panel's
   * @param columns a whole number of blocks
   */
  static void accumulate(
      MemorySegment w,
      long wOffset,
      long gap,
      int columns,
      float[] x,
      int xOffset,
      int xStride,
      int rows,
      float[] out,
      int outOffset,
      int outStride) {
    int step = Math.min(1, columns);
    for (int r = 0; r < rows; r += 4) {
      int from = xOffset + r * xStride;
      int to = outOffset + r * outStride;
      switch (rows - r) {
        case 1 -> tile1(w, wOffset, gap, columns, step, x, from, out, to);
        case 2 -> tile2(w, wOffset, gap, columns, step, x, from, xStride, out, to, outStride);
        case 3 ->
            VectorQ8Tall.tile3(
                w, wOffset, gap, columns, step, x, from, xStride, out, to, outStride);
        default ->
            VectorQ8Tall.tile4(
                w, wOffset, gap, columns, step, x, from, xStride, out, to, outStride);
      }
    }
  }

  /** 1 row × two panels. */
  private static void tile1(
      MemorySegment w,
      long wOffset,
      long gap,
      int columns,
      int step,
      float[] x,
      int xOffset,
      float[] out,
      int outOffset) {
    int x0 = xOffset;
    int o0 = outOffset;
    long at = wOffset;
    for (int block = 0; block < columns; block += BLOCK) {
      FloatVector a0 = FloatVector.zero(F);
      FloatVector b0 = a0;
      FloatVector c0 = a0;
      FloatVector d0 = a0;
      long bytes = at + SCALES;
      for (int k = 0; k < BLOCK; k += step) {
        long first = bytes + k * (2L * L);
        long second = first + gap;
        FloatVector s =
            (FloatVector) ByteVector.fromMemorySegment(B, w, first, LITTLE_ENDIAN).castShape(F, 0);
        FloatVector t =
            (FloatVector)
                ByteVector.fromMemorySegment(B, w, first + L, LITTLE_ENDIAN).castShape(F, 0);
        FloatVector u =
            (FloatVector) ByteVector.fromMemorySegment(B, w, second, LITTLE_ENDIAN).castShape(F, 0);
        FloatVector v =
            (FloatVector)
                ByteVector.fromMemorySegment(B, w, second + L, LITTLE_ENDIAN).castShape(F, 0);
        FloatVector y0 = FloatVector.broadcast(F, x[x0 + block + k]);
        a0 = s.fma(y0, a0);
        b0 = t.fma(y0, b0);
        c0 = u.fma(y0, c0);
        d0 = v.fma(y0, d0);
      }
      FloatVector scaleA =
          ((IntVector) ShortVector.fromMemorySegment(S, w, at, LITTLE_ENDIAN).castShape(I, 0))
              .lanewise(LSHL, 13)
              .and(F16_MASK)
              .reinterpretAsFloats()
              .mul(F16_REBIAS);
      FloatVector scaleB =
          ((IntVector)
                  ShortVector.fromMemorySegment(S, w, at + 2L * L, LITTLE_ENDIAN).castShape(I, 0))
              .lanewise(LSHL, 13)
              .and(F16_MASK)
              .reinterpretAsFloats()
              .mul(F16_REBIAS);
      FloatVector scaleC =
          ((IntVector) ShortVector.fromMemorySegment(S, w, at + gap, LITTLE_ENDIAN).castShape(I, 0))
              .lanewise(LSHL, 13)
              .and(F16_MASK)
              .reinterpretAsFloats()
              .mul(F16_REBIAS);
      FloatVector scaleD =
          ((IntVector)
                  ShortVector.fromMemorySegment(S, w, at + gap + 2L * L, LITTLE_ENDIAN)
                      .castShape(I, 0))
              .lanewise(LSHL, 13)
              .and(F16_MASK)
              .reinterpretAsFloats()
              .mul(F16_REBIAS);
      scaleA.fma(a0, FloatVector.fromArray(F, out, o0)).intoArray(out, o0);
      scaleB.fma(b0, FloatVector.fromArray(F, out, o0 + L)).intoArray(out, o0 + L);
      scaleC.fma(c0, FloatVector.fromArray(F, out, o0 + 2 * L)).intoArray(out, o0 + 2 * L);
      scaleD.fma(d0, FloatVector.fromArray(F, out, o0 + 3 * L)).intoArray(out, o0 + 3 * L);
      at = bytes + BLOCK * (2L * L);
    }
  }

  /** 2 rows × two panels. */
  private static void tile2(
      MemorySegment w,
      long wOffset,
      long gap,
      int columns,
      int step,
      float[] x,
      int xOffset,
      int xStride,
      float[] out,
      int outOffset,
      int outStride) {
    int x0 = xOffset;
    int x1 = x0 + xStride;
    int o0 = outOffset;
    int o1 = o0 + outStride;
    long at = wOffset;
    for (int block = 0; block < columns; block += BLOCK) {
      FloatVector a0 = FloatVector.zero(F);
      FloatVector b0 = a0;
      FloatVector c0 = a0;
      FloatVector d0 = a0;
      FloatVector a1 = a0;
      FloatVector b1 = a0;
      FloatVector c1 = a0;
      FloatVector d1 = a0;
      long bytes = at + SCALES;
      for (int k = 0; k < BLOCK; k += step) {
        long first = bytes + k * (2L * L);
        long second = first + gap;
        FloatVector s =
            (FloatVector) ByteVector.fromMemorySegment(B, w, first, LITTLE_ENDIAN).castShape(F, 0);
        FloatVector t =
            (FloatVector)
                ByteVector.fromMemorySegment(B, w, first + L, LITTLE_ENDIAN).castShape(F, 0);
        FloatVector u =
            (FloatVector) ByteVector.fromMemorySegment(B, w, second, LITTLE_ENDIAN).castShape(F, 0);
        FloatVector v =
            (FloatVector)
                ByteVector.fromMemorySegment(B, w, second + L, LITTLE_ENDIAN).castShape(F, 0);
        FloatVector y0 = FloatVector.broadcast(F, x[x0 + block + k]);
        a0 = s.fma(y0, a0);
        b0 = t.fma(y0, b0);
        c0 = u.fma(y0, c0);
        d0 = v.fma(y0, d0);
        FloatVector y1 = FloatVector.broadcast(F, x[x1 + block + k]);
        a1 = s.fma(y1, a1);
        b1 = t.fma(y1, b1);
        c1 = u.fma(y1, c1);
        d1 = v.fma(y1, d1);
      }
      FloatVector scaleA =
          ((IntVector) ShortVector.fromMemorySegment(S, w, at, LITTLE_ENDIAN).castShape(I, 0))
              .lanewise(LSHL, 13)
              .and(F16_MASK)
              .reinterpretAsFloats()
              .mul(F16_REBIAS);
      FloatVector scaleB =
          ((IntVector)
                  ShortVector.fromMemorySegment(S, w, at + 2L * L, LITTLE_ENDIAN).castShape(I, 0))
              .lanewise(LSHL, 13)
              .and(F16_MASK)
              .reinterpretAsFloats()
              .mul(F16_REBIAS);
      FloatVector scaleC =
          ((IntVector) ShortVector.fromMemorySegment(S, w, at + gap, LITTLE_ENDIAN).castShape(I, 0))
              .lanewise(LSHL, 13)
              .and(F16_MASK)
              .reinterpretAsFloats()
              .mul(F16_REBIAS);
      FloatVector scaleD =
          ((IntVector)
                  ShortVector.fromMemorySegment(S, w, at + gap + 2L * L, LITTLE_ENDIAN)
                      .castShape(I, 0))
              .lanewise(LSHL, 13)
              .and(F16_MASK)
              .reinterpretAsFloats()
              .mul(F16_REBIAS);
      scaleA.fma(a0, FloatVector.fromArray(F, out, o0)).intoArray(out, o0);
      scaleB.fma(b0, FloatVector.fromArray(F, out, o0 + L)).intoArray(out, o0 + L);
      scaleC.fma(c0, FloatVector.fromArray(F, out, o0 + 2 * L)).intoArray(out, o0 + 2 * L);
      scaleD.fma(d0, FloatVector.fromArray(F, out, o0 + 3 * L)).intoArray(out, o0 + 3 * L);
      scaleA.fma(a1, FloatVector.fromArray(F, out, o1)).intoArray(out, o1);
      scaleB.fma(b1, FloatVector.fromArray(F, out, o1 + L)).intoArray(out, o1 + L);
      scaleC.fma(c1, FloatVector.fromArray(F, out, o1 + 2 * L)).intoArray(out, o1 + 2 * L);
      scaleD.fma(d1, FloatVector.fromArray(F, out, o1 + 3 * L)).intoArray(out, o1 + 3 * L);
      at = bytes + BLOCK * (2L * L);
    }
  }
}
