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
 * Products with Q8_0 panels for up to four rows: weights go from memory to registers and are used
 * for all rows without being stored.
 */
final class VectorQ8 {
  private static final VectorSpecies<Float> F = VectorKernels.FLOATS;
  private static final VectorSpecies<Integer> I = VectorKernels.INTS;
  private static final VectorSpecies<Short> S = VectorKernels.SHORTS;
  private static final VectorSpecies<Byte> B = VectorKernels.BYTES;
  private static final int L = VectorKernels.LANES;

  private VectorQ8() {}

  /** One panel for {@code count} of 1 to 4 rows. */
  static void multiply(
      PackedMatrix matrix, int panel, Rows x, int firstRow, int count, Rows out, int column) {
    MemorySegment w = matrix.data();
    long at = matrix.panelBytes() * panel;
    int columns = matrix.columns();
    switch (count) {
      case 1 -> panel1(w, at, columns, x, firstRow, out, column);
      case 2 -> panel2(w, at, columns, x, firstRow, out, column);
      case 3 -> panel3(w, at, columns, x, firstRow, out, column);
      default -> panel4(w, at, columns, x, firstRow, out, column);
    }
  }

  /** 1 row × one panel of two vectors. */
  private static void panel1(
      MemorySegment w, long wOffset, int columns, Rows x, int firstRow, Rows out, int column) {
    float[] data = x.data();
    float[] result = out.data();
    int x0 = firstRow * x.stride();
    FloatVector a0 = FloatVector.zero(F);
    FloatVector b0 = a0;
    long at = wOffset;
    for (int block = 0; block < columns; block += 32) {
      FloatVector s =
          ((IntVector) ShortVector.fromMemorySegment(S, w, at, LITTLE_ENDIAN).castShape(I, 0))
              .lanewise(LSHL, 13)
              .and(F16_MASK)
              .reinterpretAsFloats()
              .mul(F16_REBIAS);
      FloatVector t =
          ((IntVector)
                  ShortVector.fromMemorySegment(S, w, at + 2L * L, LITTLE_ENDIAN).castShape(I, 0))
              .lanewise(LSHL, 13)
              .and(F16_MASK)
              .reinterpretAsFloats()
              .mul(F16_REBIAS);
      long bytes = at + 4L * L;
      for (int k = 0; k < 32; k++) {
        long pair = bytes + k * (2L * L);
        FloatVector u =
            ((FloatVector) ByteVector.fromMemorySegment(B, w, pair, LITTLE_ENDIAN).castShape(F, 0))
                .mul(s);
        FloatVector v =
            ((FloatVector)
                    ByteVector.fromMemorySegment(B, w, pair + L, LITTLE_ENDIAN).castShape(F, 0))
                .mul(t);
        FloatVector y0 = FloatVector.broadcast(F, data[x0 + block + k]);
        a0 = u.fma(y0, a0);
        b0 = v.fma(y0, b0);
      }
      at = bytes + 64L * L;
    }
    int to = firstRow * out.stride() + column;
    a0.intoArray(result, to);
    b0.intoArray(result, to + L);
  }

  /** 2 rows × one panel of two vectors. */
  private static void panel2(
      MemorySegment w, long wOffset, int columns, Rows x, int firstRow, Rows out, int column) {
    float[] data = x.data();
    float[] result = out.data();
    int x0 = firstRow * x.stride();
    int x1 = x0 + x.stride();
    FloatVector a0 = FloatVector.zero(F);
    FloatVector b0 = a0;
    FloatVector a1 = FloatVector.zero(F);
    FloatVector b1 = a1;
    long at = wOffset;
    for (int block = 0; block < columns; block += 32) {
      FloatVector s =
          ((IntVector) ShortVector.fromMemorySegment(S, w, at, LITTLE_ENDIAN).castShape(I, 0))
              .lanewise(LSHL, 13)
              .and(F16_MASK)
              .reinterpretAsFloats()
              .mul(F16_REBIAS);
      FloatVector t =
          ((IntVector)
                  ShortVector.fromMemorySegment(S, w, at + 2L * L, LITTLE_ENDIAN).castShape(I, 0))
              .lanewise(LSHL, 13)
              .and(F16_MASK)
              .reinterpretAsFloats()
              .mul(F16_REBIAS);
      long bytes = at + 4L * L;
      for (int k = 0; k < 32; k++) {
        long pair = bytes + k * (2L * L);
        FloatVector u =
            ((FloatVector) ByteVector.fromMemorySegment(B, w, pair, LITTLE_ENDIAN).castShape(F, 0))
                .mul(s);
        FloatVector v =
            ((FloatVector)
                    ByteVector.fromMemorySegment(B, w, pair + L, LITTLE_ENDIAN).castShape(F, 0))
                .mul(t);
        FloatVector y0 = FloatVector.broadcast(F, data[x0 + block + k]);
        a0 = u.fma(y0, a0);
        b0 = v.fma(y0, b0);
        FloatVector y1 = FloatVector.broadcast(F, data[x1 + block + k]);
        a1 = u.fma(y1, a1);
        b1 = v.fma(y1, b1);
      }
      at = bytes + 64L * L;
    }
    int to = firstRow * out.stride() + column;
    a0.intoArray(result, to);
    b0.intoArray(result, to + L);
    to += out.stride();
    a1.intoArray(result, to);
    b1.intoArray(result, to + L);
  }

  /** 3 rows × one panel of two vectors. */
  private static void panel3(
      MemorySegment w, long wOffset, int columns, Rows x, int firstRow, Rows out, int column) {
    float[] data = x.data();
    float[] result = out.data();
    int x0 = firstRow * x.stride();
    int x1 = x0 + x.stride();
    int x2 = x1 + x.stride();
    FloatVector a0 = FloatVector.zero(F);
    FloatVector b0 = a0;
    FloatVector a1 = FloatVector.zero(F);
    FloatVector b1 = a1;
    FloatVector a2 = FloatVector.zero(F);
    FloatVector b2 = a2;
    long at = wOffset;
    for (int block = 0; block < columns; block += 32) {
      FloatVector s =
          ((IntVector) ShortVector.fromMemorySegment(S, w, at, LITTLE_ENDIAN).castShape(I, 0))
              .lanewise(LSHL, 13)
              .and(F16_MASK)
              .reinterpretAsFloats()
              .mul(F16_REBIAS);
      FloatVector t =
          ((IntVector)
                  ShortVector.fromMemorySegment(S, w, at + 2L * L, LITTLE_ENDIAN).castShape(I, 0))
              .lanewise(LSHL, 13)
              .and(F16_MASK)
              .reinterpretAsFloats()
              .mul(F16_REBIAS);
      long bytes = at + 4L * L;
      for (int k = 0; k < 32; k++) {
        long pair = bytes + k * (2L * L);
        FloatVector u =
            ((FloatVector) ByteVector.fromMemorySegment(B, w, pair, LITTLE_ENDIAN).castShape(F, 0))
                .mul(s);
        FloatVector v =
            ((FloatVector)
                    ByteVector.fromMemorySegment(B, w, pair + L, LITTLE_ENDIAN).castShape(F, 0))
                .mul(t);
        FloatVector y0 = FloatVector.broadcast(F, data[x0 + block + k]);
        a0 = u.fma(y0, a0);
        b0 = v.fma(y0, b0);
        FloatVector y1 = FloatVector.broadcast(F, data[x1 + block + k]);
        a1 = u.fma(y1, a1);
        b1 = v.fma(y1, b1);
        FloatVector y2 = FloatVector.broadcast(F, data[x2 + block + k]);
        a2 = u.fma(y2, a2);
        b2 = v.fma(y2, b2);
      }
      at = bytes + 64L * L;
    }
    int to = firstRow * out.stride() + column;
    a0.intoArray(result, to);
    b0.intoArray(result, to + L);
    to += out.stride();
    a1.intoArray(result, to);
    b1.intoArray(result, to + L);
    to += out.stride();
    a2.intoArray(result, to);
    b2.intoArray(result, to + L);
  }

  /** 4 rows × one panel of two vectors. */
  private static void panel4(
      MemorySegment w, long wOffset, int columns, Rows x, int firstRow, Rows out, int column) {
    float[] data = x.data();
    float[] result = out.data();
    int x0 = firstRow * x.stride();
    int x1 = x0 + x.stride();
    int x2 = x1 + x.stride();
    int x3 = x2 + x.stride();
    FloatVector a0 = FloatVector.zero(F);
    FloatVector b0 = a0;
    FloatVector a1 = FloatVector.zero(F);
    FloatVector b1 = a1;
    FloatVector a2 = FloatVector.zero(F);
    FloatVector b2 = a2;
    FloatVector a3 = FloatVector.zero(F);
    FloatVector b3 = a3;
    long at = wOffset;
    for (int block = 0; block < columns; block += 32) {
      FloatVector s =
          ((IntVector) ShortVector.fromMemorySegment(S, w, at, LITTLE_ENDIAN).castShape(I, 0))
              .lanewise(LSHL, 13)
              .and(F16_MASK)
              .reinterpretAsFloats()
              .mul(F16_REBIAS);
      FloatVector t =
          ((IntVector)
                  ShortVector.fromMemorySegment(S, w, at + 2L * L, LITTLE_ENDIAN).castShape(I, 0))
              .lanewise(LSHL, 13)
              .and(F16_MASK)
              .reinterpretAsFloats()
              .mul(F16_REBIAS);
      long bytes = at + 4L * L;
      for (int k = 0; k < 32; k++) {
        long pair = bytes + k * (2L * L);
        FloatVector u =
            ((FloatVector) ByteVector.fromMemorySegment(B, w, pair, LITTLE_ENDIAN).castShape(F, 0))
                .mul(s);
        FloatVector v =
            ((FloatVector)
                    ByteVector.fromMemorySegment(B, w, pair + L, LITTLE_ENDIAN).castShape(F, 0))
                .mul(t);
        FloatVector y0 = FloatVector.broadcast(F, data[x0 + block + k]);
        a0 = u.fma(y0, a0);
        b0 = v.fma(y0, b0);
        FloatVector y1 = FloatVector.broadcast(F, data[x1 + block + k]);
        a1 = u.fma(y1, a1);
        b1 = v.fma(y1, b1);
        FloatVector y2 = FloatVector.broadcast(F, data[x2 + block + k]);
        a2 = u.fma(y2, a2);
        b2 = v.fma(y2, b2);
        FloatVector y3 = FloatVector.broadcast(F, data[x3 + block + k]);
        a3 = u.fma(y3, a3);
        b3 = v.fma(y3, b3);
      }
      at = bytes + 64L * L;
    }
    int to = firstRow * out.stride() + column;
    a0.intoArray(result, to);
    b0.intoArray(result, to + L);
    to += out.stride();
    a1.intoArray(result, to);
    b1.intoArray(result, to + L);
    to += out.stride();
    a2.intoArray(result, to);
    b2.intoArray(result, to + L);
    to += out.stride();
    a3.intoArray(result, to);
    b3.intoArray(result, to + L);
  }
}
