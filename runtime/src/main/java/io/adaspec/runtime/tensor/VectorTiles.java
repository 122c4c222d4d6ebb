package io.adaspec.runtime.tensor;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Register tiles over F32 weights in native memory: up to four activation rows × two vectors of
 * outputs, eight running sums, which is what 16 registers hold without spilling (twelve sums were
 * measured at half the speed).
 *
 * <p>Kernel loops are written out and call nothing of our own: in a large method the compiler gives
 * up inlining ordinary calls, and a vector that crosses a call is allocated. Only the methods of
 * the Vector API itself are always inlined, and they only where the compiler knows the class of the
 * receiver, which it does not for a vector that a loop carries. Hence sums are arguments
 * everywhere, also where they are stored: {@code NEUTRAL.add(sum).intoArray(...)}.
 */
final class VectorTiles {
  private static final VectorSpecies<Float> F = VectorKernels.FLOATS;
  private static final int L = VectorKernels.LANES;

  /** Columns of the inner loops: their weights stay in first-level cache for all rows. */
  private static final int STRETCH = KernelScratch.DEPTH;

  /** Leaves every number as it is, -0 too. */
  private static final FloatVector NEUTRAL = FloatVector.broadcast(F, -0f);

  private VectorTiles() {}

  /**
   * {@code out[r][c] += Σ_k x[r][k] · w[k][c]}; see {@link Kernels#accumulate}.
   *
   * @param wStep bytes between rows of {@code w}
   */
  static void accumulate(
      float[] x,
      int xOffset,
      int xStride,
      int rows,
      MemorySegment w,
      long wOffset,
      long wStep,
      int depth,
      float[] out,
      int outOffset,
      int outStride,
      int columns) {
    int tiled = columns - columns % (2 * L);
    int narrow = tiled + L <= columns ? tiled + L : tiled;
    for (int k = 0; k < depth; k += STRETCH) {
      int count = Math.min(STRETCH, depth - k);
      long at = wOffset + k * wStep;
      for (int c = 0; c < tiled; c += 2 * L) {
        wide(
            x,
            xOffset + k,
            xStride,
            rows,
            w,
            at + 4L * c,
            wStep,
            count,
            out,
            outOffset + c,
            outStride);
      }
      if (tiled < narrow) {
        narrow(
            x,
            xOffset + k,
            xStride,
            rows,
            w,
            at + 4L * tiled,
            wStep,
            count,
            out,
            outOffset + tiled,
            outStride);
      }
    }
    tiled = narrow;
    if (tiled < columns) {
      int step = Math.toIntExact(wStep / 4);
      for (int r = 0; r < rows; r++) {
        int from = xOffset + r * xStride;
        int to = outOffset + r * outStride;
        ScalarKernels.accumulateRow(x, from, w, wOffset, step, depth, out, to, tiled, columns);
      }
    }
  }

  /** All rows × 2 vectors. */
  private static void wide(
      float[] x,
      int xOffset,
      int xStride,
      int rows,
      MemorySegment w,
      long wOffset,
      long wStep,
      int depth,
      float[] out,
      int outOffset,
      int outStride) {
    int r = 0;
    for (; r + 4 <= rows; r += 4) {
      int from = xOffset + r * xStride;
      tile4(x, from, xStride, w, wOffset, wStep, depth, out, outOffset + r * outStride, outStride);
    }
    int from = xOffset + r * xStride;
    int to = outOffset + r * outStride;
    switch (rows - r) {
      case 3 -> tile3(x, from, xStride, w, wOffset, wStep, depth, out, to, outStride);
      case 2 -> tile2(x, from, xStride, w, wOffset, wStep, depth, out, to, outStride);
      case 1 -> tile1(x, from, w, wOffset, wStep, depth, out, to);
      default -> {}
    }
  }

  /** All rows × 1 vector. */
  private static void narrow(
      float[] x,
      int xOffset,
      int xStride,
      int rows,
      MemorySegment w,
      long wOffset,
      long wStep,
      int depth,
      float[] out,
      int outOffset,
      int outStride) {
    int r = 0;
    for (; r + 4 <= rows; r += 4) {
      int from = xOffset + r * xStride;
      int to = outOffset + r * outStride;
      narrow4(x, from, xStride, w, wOffset, wStep, depth, out, to, outStride);
    }
    for (; r < rows; r++) {
      narrow1(x, xOffset + r * xStride, w, wOffset, wStep, depth, out, outOffset + r * outStride);
    }
  }

  /** 1 row × 1 vector. */
  private static void narrow1(
      float[] x,
      int xOffset,
      MemorySegment w,
      long wOffset,
      long wStep,
      int depth,
      float[] out,
      int outOffset) {
    FloatVector a0 = FloatVector.fromArray(F, out, outOffset);
    for (int k = 0; k < depth; k++) {
      FloatVector u = FloatVector.fromMemorySegment(F, w, wOffset + k * wStep, LITTLE_ENDIAN);
      a0 = u.fma(FloatVector.broadcast(F, x[xOffset + k]), a0);
    }
    NEUTRAL.add(a0).intoArray(out, outOffset);
  }

  /** 4 rows × 1 vector. */
  private static void narrow4(
      float[] x,
      int xOffset,
      int xStride,
      MemorySegment w,
      long wOffset,
      long wStep,
      int depth,
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
    FloatVector a0 = FloatVector.fromArray(F, out, o0);
    FloatVector a1 = FloatVector.fromArray(F, out, o1);
    FloatVector a2 = FloatVector.fromArray(F, out, o2);
    FloatVector a3 = FloatVector.fromArray(F, out, o3);
    for (int k = 0; k < depth; k++) {
      FloatVector u = FloatVector.fromMemorySegment(F, w, wOffset + k * wStep, LITTLE_ENDIAN);
      a0 = u.fma(FloatVector.broadcast(F, x[x0 + k]), a0);
      a1 = u.fma(FloatVector.broadcast(F, x[x1 + k]), a1);
      a2 = u.fma(FloatVector.broadcast(F, x[x2 + k]), a2);
      a3 = u.fma(FloatVector.broadcast(F, x[x3 + k]), a3);
    }
    NEUTRAL.add(a0).intoArray(out, o0);
    NEUTRAL.add(a1).intoArray(out, o1);
    NEUTRAL.add(a2).intoArray(out, o2);
    NEUTRAL.add(a3).intoArray(out, o3);
  }

  /** 1 row × 2 vectors. */
  private static void tile1(
      float[] x,
      int xOffset,
      MemorySegment w,
      long wOffset,
      long wStep,
      int depth,
      float[] out,
      int outOffset) {
    int x0 = xOffset;
    int o0 = outOffset;
    FloatVector a0 = FloatVector.fromArray(F, out, o0);
    FloatVector b0 = FloatVector.fromArray(F, out, o0 + L);
    long at = wOffset;
    for (int k = 0; k < depth; k++) {
      FloatVector u = FloatVector.fromMemorySegment(F, w, at, LITTLE_ENDIAN);
      FloatVector v = FloatVector.fromMemorySegment(F, w, at + 4L * L, LITTLE_ENDIAN);
      at += wStep;
      FloatVector y0 = FloatVector.broadcast(F, x[x0 + k]);
      a0 = u.fma(y0, a0);
      b0 = v.fma(y0, b0);
    }
    NEUTRAL.add(a0).intoArray(out, o0);
    NEUTRAL.add(b0).intoArray(out, o0 + L);
  }

  /** 2 rows × 2 vectors. */
  private static void tile2(
      float[] x,
      int xOffset,
      int xStride,
      MemorySegment w,
      long wOffset,
      long wStep,
      int depth,
      float[] out,
      int outOffset,
      int outStride) {
    int x0 = xOffset;
    int x1 = x0 + xStride;
    int o0 = outOffset;
    int o1 = o0 + outStride;
    FloatVector a0 = FloatVector.fromArray(F, out, o0);
    FloatVector b0 = FloatVector.fromArray(F, out, o0 + L);
    FloatVector a1 = FloatVector.fromArray(F, out, o1);
    FloatVector b1 = FloatVector.fromArray(F, out, o1 + L);
    long at = wOffset;
    for (int k = 0; k < depth; k++) {
      FloatVector u = FloatVector.fromMemorySegment(F, w, at, LITTLE_ENDIAN);
      FloatVector v = FloatVector.fromMemorySegment(F, w, at + 4L * L, LITTLE_ENDIAN);
      at += wStep;
      FloatVector y0 = FloatVector.broadcast(F, x[x0 + k]);
      a0 = u.fma(y0, a0);
      b0 = v.fma(y0, b0);
      FloatVector y1 = FloatVector.broadcast(F, x[x1 + k]);
      a1 = u.fma(y1, a1);
      b1 = v.fma(y1, b1);
    }
    NEUTRAL.add(a0).intoArray(out, o0);
    NEUTRAL.add(b0).intoArray(out, o0 + L);
    NEUTRAL.add(a1).intoArray(out, o1);
    NEUTRAL.add(b1).intoArray(out, o1 + L);
  }

  /** 3 rows × 2 vectors. */
  private static void tile3(
      float[] x,
      int xOffset,
      int xStride,
      MemorySegment w,
      long wOffset,
      long wStep,
      int depth,
      float[] out,
      int outOffset,
      int outStride) {
    int x0 = xOffset;
    int x1 = x0 + xStride;
    int x2 = x1 + xStride;
    int o0 = outOffset;
    int o1 = o0 + outStride;
    int o2 = o1 + outStride;
    FloatVector a0 = FloatVector.fromArray(F, out, o0);
    FloatVector b0 = FloatVector.fromArray(F, out, o0 + L);
    FloatVector a1 = FloatVector.fromArray(F, out, o1);
    FloatVector b1 = FloatVector.fromArray(F, out, o1 + L);
    FloatVector a2 = FloatVector.fromArray(F, out, o2);
    FloatVector b2 = FloatVector.fromArray(F, out, o2 + L);
    long at = wOffset;
    for (int k = 0; k < depth; k++) {
      FloatVector u = FloatVector.fromMemorySegment(F, w, at, LITTLE_ENDIAN);
      FloatVector v = FloatVector.fromMemorySegment(F, w, at + 4L * L, LITTLE_ENDIAN);
      at += wStep;
      FloatVector y0 = FloatVector.broadcast(F, x[x0 + k]);
      a0 = u.fma(y0, a0);
      b0 = v.fma(y0, b0);
      FloatVector y1 = FloatVector.broadcast(F, x[x1 + k]);
      a1 = u.fma(y1, a1);
      b1 = v.fma(y1, b1);
      FloatVector y2 = FloatVector.broadcast(F, x[x2 + k]);
      a2 = u.fma(y2, a2);
      b2 = v.fma(y2, b2);
    }
    NEUTRAL.add(a0).intoArray(out, o0);
    NEUTRAL.add(b0).intoArray(out, o0 + L);
    NEUTRAL.add(a1).intoArray(out, o1);
    NEUTRAL.add(b1).intoArray(out, o1 + L);
    NEUTRAL.add(a2).intoArray(out, o2);
    NEUTRAL.add(b2).intoArray(out, o2 + L);
  }

  /** 4 rows × 2 vectors. */
  private static void tile4(
      float[] x,
      int xOffset,
      int xStride,
      MemorySegment w,
      long wOffset,
      long wStep,
      int depth,
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
    FloatVector a0 = FloatVector.fromArray(F, out, o0);
    FloatVector b0 = FloatVector.fromArray(F, out, o0 + L);
    FloatVector a1 = FloatVector.fromArray(F, out, o1);
    FloatVector b1 = FloatVector.fromArray(F, out, o1 + L);
    FloatVector a2 = FloatVector.fromArray(F, out, o2);
    FloatVector b2 = FloatVector.fromArray(F, out, o2 + L);
    FloatVector a3 = FloatVector.fromArray(F, out, o3);
    FloatVector b3 = FloatVector.fromArray(F, out, o3 + L);
    long at = wOffset;
    for (int k = 0; k < depth; k++) {
      FloatVector u = FloatVector.fromMemorySegment(F, w, at, LITTLE_ENDIAN);
      FloatVector v = FloatVector.fromMemorySegment(F, w, at + 4L * L, LITTLE_ENDIAN);
      at += wStep;
      FloatVector y0 = FloatVector.broadcast(F, x[x0 + k]);
      a0 = u.fma(y0, a0);
      b0 = v.fma(y0, b0);
      FloatVector y1 = FloatVector.broadcast(F, x[x1 + k]);
      a1 = u.fma(y1, a1);
      b1 = v.fma(y1, b1);
      FloatVector y2 = FloatVector.broadcast(F, x[x2 + k]);
      a2 = u.fma(y2, a2);
      b2 = v.fma(y2, b2);
      FloatVector y3 = FloatVector.broadcast(F, x[x3 + k]);
      a3 = u.fma(y3, a3);
      b3 = v.fma(y3, b3);
    }
    NEUTRAL.add(a0).intoArray(out, o0);
    NEUTRAL.add(b0).intoArray(out, o0 + L);
    NEUTRAL.add(a1).intoArray(out, o1);
    NEUTRAL.add(b1).intoArray(out, o1 + L);
    NEUTRAL.add(a2).intoArray(out, o2);
    NEUTRAL.add(b2).intoArray(out, o2 + L);
    NEUTRAL.add(a3).intoArray(out, o3);
    NEUTRAL.add(b3).intoArray(out, o3 + L);
  }
}
