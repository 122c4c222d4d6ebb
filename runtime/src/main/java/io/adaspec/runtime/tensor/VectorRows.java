package io.adaspec.runtime.tensor;

import static io.adaspec.runtime.tensor.ExpPolynomial.C2;
import static io.adaspec.runtime.tensor.ExpPolynomial.C3;
import static io.adaspec.runtime.tensor.ExpPolynomial.C4;
import static io.adaspec.runtime.tensor.ExpPolynomial.C5;
import static io.adaspec.runtime.tensor.ExpPolynomial.C6;
import static io.adaspec.runtime.tensor.ExpPolynomial.C7;
import static io.adaspec.runtime.tensor.ExpPolynomial.HIGHEST;
import static io.adaspec.runtime.tensor.ExpPolynomial.LN2_HIGH;
import static io.adaspec.runtime.tensor.ExpPolynomial.LN2_LOW;
import static io.adaspec.runtime.tensor.ExpPolynomial.LOG2_E;
import static io.adaspec.runtime.tensor.ExpPolynomial.LOWEST;
import static io.adaspec.runtime.tensor.ExpPolynomial.ROUND;
import static io.adaspec.runtime.tensor.ExpPolynomial.ROUND_BITS;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.MAX;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Operations along one row: norm, activation, softmax. Sums use eight lanes on every machine. */
final class VectorRows {
  private static final VectorSpecies<Float> F = VectorKernels.FLOATS;
  private static final int L = VectorKernels.LANES;
  private static final VectorSpecies<Float> EIGHT = FloatVector.SPECIES_256;

  private VectorRows() {}

  static void rmsNorm(
      float[] x, int xOffset, float[] weight, float epsilon, float[] out, int outOffset) {
    int count = weight.length;
    int whole = count & -8;
    FloatVector squares = FloatVector.zero(EIGHT);
    for (int i = 0; i < whole; i += 8) {
      FloatVector v = FloatVector.fromArray(EIGHT, x, xOffset + i);
      squares = v.fma(v, squares);
    }
    FloatVector total = FloatVector.zero(EIGHT).add(squares);
    float p0 = total.lane(0);
    float p1 = total.lane(1);
    float p2 = total.lane(2);
    float p3 = total.lane(3);
    float p4 = total.lane(4);
    float p5 = total.lane(5);
    float p6 = total.lane(6);
    float p7 = total.lane(7);
    int rest = count - whole;
    int at = xOffset + whole;
    p0 = rest > 0 ? Math.fma(x[at], x[at], p0) : p0;
    p1 = rest > 1 ? Math.fma(x[at + 1], x[at + 1], p1) : p1;
    p2 = rest > 2 ? Math.fma(x[at + 2], x[at + 2], p2) : p2;
    p3 = rest > 3 ? Math.fma(x[at + 3], x[at + 3], p3) : p3;
    p4 = rest > 4 ? Math.fma(x[at + 4], x[at + 4], p4) : p4;
    p5 = rest > 5 ? Math.fma(x[at + 5], x[at + 5], p5) : p5;
    p6 = rest > 6 ? Math.fma(x[at + 6], x[at + 6], p6) : p6;
    float sum = ((p0 + p4) + (p2 + p6)) + ((p1 + p5) + (p3 + p7));
    float scale = ScalarKernels.normScale(sum, count, epsilon);
    int i = 0;
    for (; i + L <= count; i += L) {
      FloatVector.fromArray(F, x, xOffset + i)
          .mul(scale)
          .mul(FloatVector.fromArray(F, weight, i))
          .intoArray(out, outOffset + i);
    }
    for (; i < count; i++) {
      out[outOffset + i] = x[xOffset + i] * scale * weight[i];
    }
  }

  static void add(float[] x, int xOffset, float[] y, int yOffset, int count) {
    int i = 0;
    for (; i + L <= count; i += L) {
      FloatVector.fromArray(F, x, xOffset + i)
          .add(FloatVector.fromArray(F, y, yOffset + i))
          .intoArray(x, xOffset + i);
    }
    for (; i < count; i++) {
      x[xOffset + i] += y[yOffset + i];
    }
  }

  static void siluMultiply(
      float[] gate, int gateOffset, float[] up, int upOffset, float[] out, int outOffset, int n) {
    int i = 0;
    for (; i + L <= n; i += L) {
      FloatVector g = FloatVector.fromArray(F, gate, gateOffset + i);
      FloatVector x = g.neg().max(LOWEST).min(HIGHEST);
      FloatVector shifted =
          x.fma(FloatVector.broadcast(F, LOG2_E), FloatVector.broadcast(F, ROUND));
      FloatVector whole = shifted.sub(ROUND);
      FloatVector r = whole.fma(FloatVector.broadcast(F, -LN2_HIGH), x);
      r = whole.fma(FloatVector.broadcast(F, -LN2_LOW), r);
      FloatVector p = r.fma(FloatVector.broadcast(F, C7), FloatVector.broadcast(F, C6));
      p = p.fma(r, FloatVector.broadcast(F, C5));
      p = p.fma(r, FloatVector.broadcast(F, C4));
      p = p.fma(r, FloatVector.broadcast(F, C3));
      p = p.fma(r, FloatVector.broadcast(F, C2));
      p = p.fma(r, FloatVector.broadcast(F, 1f));
      p = p.fma(r, FloatVector.broadcast(F, 1f));
      FloatVector power =
          shifted
              .reinterpretAsInts()
              .sub(ROUND_BITS - 127)
              .lanewise(LSHL, 23)
              .reinterpretAsFloats();
      g.div(p.mul(power).add(1f))
          .mul(FloatVector.fromArray(F, up, upOffset + i))
          .intoArray(out, outOffset + i);
    }
    for (; i < n; i++) {
      out[outOffset + i] = ScalarKernels.silu(gate[gateOffset + i]) * up[upOffset + i];
    }
  }

  static void softmax(float[] x, int offset, int count) {
    exponentials(x, offset, count, max(x, offset, count));
    int whole = count & -8;
    FloatVector sums = FloatVector.zero(EIGHT);
    for (int i = 0; i < whole; i += 8) {
      sums = FloatVector.fromArray(EIGHT, x, offset + i).add(sums);
    }
    FloatVector total = FloatVector.zero(EIGHT).add(sums);
    int rest = count - whole;
    int at = offset + whole;
    float p0 = total.lane(0) + (rest > 0 ? x[at] : 0);
    float p1 = total.lane(1) + (rest > 1 ? x[at + 1] : 0);
    float p2 = total.lane(2) + (rest > 2 ? x[at + 2] : 0);
    float p3 = total.lane(3) + (rest > 3 ? x[at + 3] : 0);
    float p4 = total.lane(4) + (rest > 4 ? x[at + 4] : 0);
    float p5 = total.lane(5) + (rest > 5 ? x[at + 5] : 0);
    float p6 = total.lane(6) + (rest > 6 ? x[at + 6] : 0);
    float p7 = total.lane(7);
    float scale = 1 / (((p0 + p4) + (p2 + p6)) + ((p1 + p5) + (p3 + p7)));
    for (int i = 0; i < count; i++) {
      x[offset + i] *= scale;
    }
  }

  private static float max(float[] x, int offset, int count) {
    FloatVector most = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
    int i = 0;
    for (; i + L <= count; i += L) {
      most = FloatVector.fromArray(F, x, offset + i).max(most);
    }
    float max = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY).max(most).reduceLanes(MAX);
    for (; i < count; i++) {
      max = Math.max(max, x[offset + i]);
    }
    return max;
  }

  /** {@code exp(x − max)} in place, with the widest vectors, since no lane sees another. */
  private static void exponentials(float[] x, int offset, int count, float max) {
    int i = 0;
    for (; i + L <= count; i += L) {
      FloatVector y = FloatVector.fromArray(F, x, offset + i).sub(max).max(LOWEST).min(HIGHEST);
      FloatVector shifted =
          y.fma(FloatVector.broadcast(F, LOG2_E), FloatVector.broadcast(F, ROUND));
      FloatVector n = shifted.sub(ROUND);
      FloatVector r = n.fma(FloatVector.broadcast(F, -LN2_HIGH), y);
      r = n.fma(FloatVector.broadcast(F, -LN2_LOW), r);
      FloatVector p = r.fma(FloatVector.broadcast(F, C7), FloatVector.broadcast(F, C6));
      p = p.fma(r, FloatVector.broadcast(F, C5));
      p = p.fma(r, FloatVector.broadcast(F, C4));
      p = p.fma(r, FloatVector.broadcast(F, C3));
      p = p.fma(r, FloatVector.broadcast(F, C2));
      p = p.fma(r, FloatVector.broadcast(F, 1f));
      p = p.fma(r, FloatVector.broadcast(F, 1f));
      FloatVector power =
          shifted
              .reinterpretAsInts()
              .sub(ROUND_BITS - 127)
              .lanewise(LSHL, 23)
              .reinterpretAsFloats();
      p.mul(power).intoArray(x, offset + i);
    }
    for (; i < count; i++) {
      x[offset + i] = ExpPolynomial.exp(x[offset + i] - max);
    }
  }
}
