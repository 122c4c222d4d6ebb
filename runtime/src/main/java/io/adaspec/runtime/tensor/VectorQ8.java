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
 * Products with one Q8_0 panel: bytes go from memory to registers, become floats and are used for
 * up to four rows, which 16 registers hold; the block's scale is applied to its sum. That is one
 * multiplication in 32, so expanding weights again for every four rows costs less than storing them
 * would. With 32 registers {@link VectorQ8Pair} takes most panels.
 *
 * <p>Written out like {@link VectorTiles}, for the reason given there.
 */
final class VectorQ8 {
  private static final VectorSpecies<Float> F = VectorKernels.FLOATS;
  private static final VectorSpecies<Integer> I = VectorKernels.INTS;
  private static final VectorSpecies<Short> S = VectorKernels.SHORTS;
  private static final VectorSpecies<Byte> B = VectorKernels.BYTES;
  private static final int L = VectorKernels.LANES;
  private static final int BLOCK = 32;
  private static final int MOST_ROWS = 4;

  /** Bytes of the scales in front of a block. */
  private static final long SCALES = 4L * L;

  private VectorQ8() {}

  /**
   * {@code out[r][c] += Σ_b scale[b][c] · (Σ_k x[r][k] · w[k][c])} for the outputs of one panel, b
   * being blocks and k the columns of a block.
   *
   * @param wOffset where the first block starts in {@code w}
   * @param columns a whole number of blocks
   */
  static void accumulate(
      MemorySegment w,
      long wOffset,
      int columns,
      float[] x,
      int xOffset,
      int xStride,
      int rows,
      float[] out,
      int outOffset,
      int outStride) {
    int r = 0;
    while (r < rows) {
      int from = xOffset + r * xStride;
      int to = outOffset + r * outStride;
      int tile = Math.min(MOST_ROWS, Integer.highestOneBit(rows - r));
      switch (tile) {
        case 1 -> tile1(w, wOffset, columns, x, from, out, to);
        case 2 -> tile2(w, wOffset, columns, x, from, xStride, out, to, outStride);
        default -> tile4(w, wOffset, columns, x, from, xStride, out, to, outStride);
      }
      r += tile;
    }
  }

  /** 1 row × one panel of two vectors. */
  private static void tile1(
      MemorySegment w,
      long wOffset,
      int columns,
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
      long bytes = at + SCALES;
      for (int k = 0; k < BLOCK; k++) {
        long pair = bytes + k * (2L * L);
        FloatVector u =
            (FloatVector) ByteVector.fromMemorySegment(B, w, pair, LITTLE_ENDIAN).castShape(F, 0);
        FloatVector v =
            (FloatVector)
                ByteVector.fromMemorySegment(B, w, pair + L, LITTLE_ENDIAN).castShape(F, 0);
        FloatVector y0 = FloatVector.broadcast(F, x[x0 + block + k]);
        a0 = u.fma(y0, a0);
        b0 = v.fma(y0, b0);
      }
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
      s.fma(a0, FloatVector.fromArray(F, out, o0)).intoArray(out, o0);
      t.fma(b0, FloatVector.fromArray(F, out, o0 + L)).intoArray(out, o0 + L);
      at = bytes + BLOCK * (2L * L);
    }
  }

  /** 2 rows × one panel of two vectors. */
  private static void tile2(
      MemorySegment w,
      long wOffset,
      int columns,
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
      FloatVector a1 = a0;
      FloatVector b1 = a0;
      long bytes = at + SCALES;
      for (int k = 0; k < BLOCK; k++) {
        long pair = bytes + k * (2L * L);
        FloatVector u =
            (FloatVector) ByteVector.fromMemorySegment(B, w, pair, LITTLE_ENDIAN).castShape(F, 0);
        FloatVector v =
            (FloatVector)
                ByteVector.fromMemorySegment(B, w, pair + L, LITTLE_ENDIAN).castShape(F, 0);
        FloatVector y0 = FloatVector.broadcast(F, x[x0 + block + k]);
        a0 = u.fma(y0, a0);
        b0 = v.fma(y0, b0);
        FloatVector y1 = FloatVector.broadcast(F, x[x1 + block + k]);
        a1 = u.fma(y1, a1);
        b1 = v.fma(y1, b1);
      }
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
      s.fma(a0, FloatVector.fromArray(F, out, o0)).intoArray(out, o0);
      t.fma(b0, FloatVector.fromArray(F, out, o0 + L)).intoArray(out, o0 + L);
      s.fma(a1, FloatVector.fromArray(F, out, o1)).intoArray(out, o1);
      t.fma(b1, FloatVector.fromArray(F, out, o1 + L)).intoArray(out, o1 + L);
      at = bytes + BLOCK * (2L * L);
    }
  }

  /** 4 rows × one panel of two vectors. */
  private static void tile4(
      MemorySegment w,
      long wOffset,
      int columns,
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
      FloatVector a1 = a0;
      FloatVector b1 = a0;
      FloatVector a2 = a0;
      FloatVector b2 = a0;
      FloatVector a3 = a0;
      FloatVector b3 = a0;
      long bytes = at + SCALES;
      for (int k = 0; k < BLOCK; k++) {
        long pair = bytes + k * (2L * L);
        FloatVector u =
            (FloatVector) ByteVector.fromMemorySegment(B, w, pair, LITTLE_ENDIAN).castShape(F, 0);
        FloatVector v =
            (FloatVector)
                ByteVector.fromMemorySegment(B, w, pair + L, LITTLE_ENDIAN).castShape(F, 0);
        FloatVector y0 = FloatVector.broadcast(F, x[x0 + block + k]);
        a0 = u.fma(y0, a0);
        b0 = v.fma(y0, b0);
        FloatVector y1 = FloatVector.broadcast(F, x[x1 + block + k]);
        a1 = u.fma(y1, a1);
        b1 = v.fma(y1, b1);
        FloatVector y2 = FloatVector.broadcast(F, x[x2 + block + k]);
        a2 = u.fma(y2, a2);
        b2 = v.fma(y2, b2);
        FloatVector y3 = FloatVector.broadcast(F, x[x3 + block + k]);
        a3 = u.fma(y3, a3);
        b3 = v.fma(y3, b3);
      }
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
      s.fma(a0, FloatVector.fromArray(F, out, o0)).intoArray(out, o0);
      t.fma(b0, FloatVector.fromArray(F, out, o0 + L)).intoArray(out, o0 + L);
      s.fma(a1, FloatVector.fromArray(F, out, o1)).intoArray(out, o1);
      t.fma(b1, FloatVector.fromArray(F, out, o1 + L)).intoArray(out, o1 + L);
      s.fma(a2, FloatVector.fromArray(F, out, o2)).intoArray(out, o2);
      t.fma(b2, FloatVector.fromArray(F, out, o2 + L)).intoArray(out, o2 + L);
      s.fma(a3, FloatVector.fromArray(F, out, o3)).intoArray(out, o3);
      t.fma(b3, FloatVector.fromArray(F, out, o3 + L)).intoArray(out, o3 + L);
      at = bytes + BLOCK * (2L * L);
    }
  }
}
