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

/** The tiles of three and four rows of {@link VectorQ8Pair}; its text says how they are made. */
final class VectorQ8Tall {
  private static final VectorSpecies<Float> F = VectorKernels.FLOATS;
  private static final VectorSpecies<Integer> I = VectorKernels.INTS;
  private static final VectorSpecies<Short> S = VectorKernels.SHORTS;
  private static final VectorSpecies<Byte> B = VectorKernels.BYTES;
  private static final int L = VectorKernels.LANES;
  private static final int BLOCK = 32;
  private static final long SCALES = 4L * L;

  private VectorQ8Tall() {}

  /** 3 rows × two panels. */
  static void tile3(
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
    int x2 = x1 + xStride;
    int o0 = outOffset;
    int o1 = o0 + outStride;
    int o2 = o1 + outStride;
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
      FloatVector a2 = a0;
      FloatVector b2 = a0;
      FloatVector c2 = a0;
      FloatVector d2 = a0;
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
        FloatVector y2 = FloatVector.broadcast(F, x[x2 + block + k]);
        a2 = s.fma(y2, a2);
        b2 = t.fma(y2, b2);
        c2 = u.fma(y2, c2);
        d2 = v.fma(y2, d2);
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
      scaleA.fma(a2, FloatVector.fromArray(F, out, o2)).intoArray(out, o2);
      scaleB.fma(b2, FloatVector.fromArray(F, out, o2 + L)).intoArray(out, o2 + L);
      scaleC.fma(c2, FloatVector.fromArray(F, out, o2 + 2 * L)).intoArray(out, o2 + 2 * L);
      scaleD.fma(d2, FloatVector.fromArray(F, out, o2 + 3 * L)).intoArray(out, o2 + 3 * L);
      at = bytes + BLOCK * (2L * L);
    }
  }

  /** 4 rows × two panels. */
  static void tile4(
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
    int x2 = x1 + xStride;
    int x3 = x2 + xStride;
    int o0 = outOffset;
    int o1 = o0 + outStride;
    int o2 = o1 + outStride;
    int o3 = o2 + outStride;
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
      FloatVector a2 = a0;
      FloatVector b2 = a0;
      FloatVector c2 = a0;
      FloatVector d2 = a0;
      FloatVector a3 = a0;
      FloatVector b3 = a0;
      FloatVector c3 = a0;
      FloatVector d3 = a0;
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
        FloatVector y2 = FloatVector.broadcast(F, x[x2 + block + k]);
        a2 = s.fma(y2, a2);
        b2 = t.fma(y2, b2);
        c2 = u.fma(y2, c2);
        d2 = v.fma(y2, d2);
        FloatVector y3 = FloatVector.broadcast(F, x[x3 + block + k]);
        a3 = s.fma(y3, a3);
        b3 = t.fma(y3, b3);
        c3 = u.fma(y3, c3);
        d3 = v.fma(y3, d3);
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
      scaleA.fma(a2, FloatVector.fromArray(F, out, o2)).intoArray(out, o2);
      scaleB.fma(b2, FloatVector.fromArray(F, out, o2 + L)).intoArray(out, o2 + L);
      scaleC.fma(c2, FloatVector.fromArray(F, out, o2 + 2 * L)).intoArray(out, o2 + 2 * L);
      scaleD.fma(d2, FloatVector.fromArray(F, out, o2 + 3 * L)).intoArray(out, o2 + 3 * L);
      scaleA.fma(a3, FloatVector.fromArray(F, out, o3)).intoArray(out, o3);
      scaleB.fma(b3, FloatVector.fromArray(F, out, o3 + L)).intoArray(out, o3 + L);
      scaleC.fma(c3, FloatVector.fromArray(F, out, o3 + 2 * L)).intoArray(out, o3 + 2 * L);
      scaleD.fma(d3, FloatVector.fromArray(F, out, o3 + 3 * L)).intoArray(out, o3 + 3 * L);
      at = bytes + BLOCK * (2L * L);
    }
  }
}
