package io.adaspec.runtime.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The vector kernels against the scalar oracle, bit for bit, and both against double precision. */
class KernelsTest {
  private static final int MOST_ROWS = 37;

  private final Kernels vector = Kernels.best();
  private final Kernels scalar = new ScalarKernels(vector.panelRows());
  private final Arena arena = Arena.ofShared();
  private final WorkerTeam team = new WorkerTeam(2);

  @AfterEach
  void free() {
    team.close();
    arena.close();
  }

  @ParameterizedTest
  @EnumSource(WeightFormat.class)
  void productsAgreeWithTheOracleBitForBitForEveryRowCount(WeightFormat format) {
    List<int[]> shapes =
        List.of(
            new int[] {1, 32},
            new int[] {15, 64},
            new int[] {17, 288},
            new int[] {50, 544},
            new int[] {90, 96});
    for (int[] shape : shapes) {
      int columns = shape[1] + (format.blockElements() == 1 ? 3 : 0);
      PackedMatrix w = packed(RandomTensors.tensor(format, shape[0], columns, 1));
      Rows x = new Rows(RandomTensors.floats(MOST_ROWS * columns, 2), columns);
      float[] expected = product(scalar, w, x, MOST_ROWS);
      for (int rows : new int[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 16, MOST_ROWS}) {
        assertThat(product(vector, w, x, rows))
            .as("%s %d × %d, %d rows", format, shape[0], columns, rows)
            .isEqualTo(Arrays.copyOf(expected, rows * w.paddedRows()));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(WeightFormat.class)
  void productsAreCloseToDoublePrecision(WeightFormat format) {
    int rows = 20;
    int columns = 512;
    WeightTensor tensor = RandomTensors.tensor(format, rows, columns, 3);
    Rows x = new Rows(RandomTensors.floats(columns, 4), columns);
    float[] actual = product(vector, packed(tensor), x, 1);
    float[] weights = new float[columns];
    for (int n = 0; n < rows; n++) {
      WeightRows.read(tensor, n, weights, 0);
      double sum = 0;
      for (int k = 0; k < columns; k++) {
        sum += (double) weights[k] * x.data()[k];
      }
      assertThat((double) actual[n]).isCloseTo(sum, within(2e-5));
    }
  }

  @Test
  void paddingOutputsAreZero() {
    PackedMatrix w = packed(RandomTensors.tensor(WeightFormat.Q8_0, 5, 32, 1));
    float[] out = product(vector, w, new Rows(RandomTensors.floats(32, 2), 32), 1);
    for (int n = 5; n < w.paddedRows(); n++) {
      assertThat(out[n]).isZero();
    }
  }

  @Test
  void blockProductsAgreeWithTheOracleForOddSizes() {
    var memory = arena.allocate(4L * 200 * 70, 64);
    float[] values = RandomTensors.floats(200 * 70, 5);
    MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_FLOAT, 0, 200 * 70);
    float[] x = RandomTensors.floats(6 * 80, 6);
    for (int columns : new int[] {1, 4, 8, 15, 16, 31, 33, 48, 64}) {
      for (int queries : new int[] {1, 2, 3, 4, 5}) {
        float[] expected = RandomTensors.floats(6 * 70, 7);
        float[] actual = expected.clone();
        scalar.accumulate(x, 3, 80, queries, memory, 8, 70, 61, expected, 2, 70, columns);
        vector.accumulate(x, 3, 80, queries, memory, 8, 70, 61, actual, 2, 70, columns);
        assertThat(actual).as("%d queries, %d columns", queries, columns).isEqualTo(expected);
      }
    }
  }

  @Test
  void rowOperationsAgreeWithTheOracleAroundLaneBorders() {
    for (int count = 1; count < 70; count++) {
      float[] x = RandomTensors.floats(count + 3, count);
      float[] y = RandomTensors.floats(count + 3, 100 + count);
      float[] weight = RandomTensors.floats(count, 200 + count);
      assertThat(norm(vector, x, weight)).isEqualTo(norm(scalar, x, weight));
      float[] a = x.clone();
      float[] b = x.clone();
      vector.add(a, 1, y, 2, count);
      scalar.add(b, 1, y, 2, count);
      assertThat(a).isEqualTo(b);
      vector.siluMultiply(x, 1, y, 2, a, 3, count);
      scalar.siluMultiply(x, 1, y, 2, b, 3, count);
      assertThat(a).isEqualTo(b);
      vector.softmax(a, 3, count);
      scalar.softmax(b, 3, count);
      assertThat(a).isEqualTo(b);
    }
  }

  @Test
  void exponentialIsAccurateAndNeverOverflows() {
    for (double x = -87; x <= 88; x += 0.0137) {
      float argument = (float) x;
      double exact = Math.exp(argument);
      assertThat(ExpPolynomial.exp(argument) / exact).isCloseTo(1, within(2.5e-7));
    }
    assertThat(ExpPolynomial.exp(0)).isEqualTo(1);
    assertThat(ExpPolynomial.exp(Float.NEGATIVE_INFINITY)).isBetween(0f, 1e-37f);
    assertThat(ExpPolynomial.exp(1e30f)).isBetween(1e38f, Float.MAX_VALUE);
  }

  @Test
  void softmaxSurvivesHugeScores() {
    float[] x = {3e38f, -3e38f, 3e38f, 0, 0, 0, 0, 0, 0};
    vector.softmax(x, 0, x.length);
    assertThat(x[0]).isEqualTo(0.5f);
    assertThat(x[1]).isLessThan(1e-30f);
  }

  @Test
  void refusesInfiniteScales() {
    WeightTensor tensor = RandomTensors.tensor(WeightFormat.F16, 4, 64, 1);
    var copy = arena.allocate(tensor.data().byteSize()).copyFrom(tensor.data());
    copy.set(ValueLayout.JAVA_SHORT, 10, (short) 0x7C00);
    WeightTensor damaged =
        new WeightTensor("blk.0.attn_q.weight", WeightFormat.F16, tensor.shape(), copy);
    assertThatThrownBy(() -> packed(damaged))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("blk.0.attn_q.weight");
  }

  private PackedMatrix packed(WeightTensor tensor) {
    return PackedMatrix.pack(tensor, vector.panelRows(), arena, team);
  }

  private float[] product(Kernels kernels, PackedMatrix w, Rows x, int rows) {
    Rows out = Rows.allocate(rows, w.paddedRows());
    KernelScratch scratch = new KernelScratch(arena, w.panelRows());
    kernels.multiply(w, 0, w.panels(), x, rows, out, 0, scratch);
    return out.data();
  }

  private static float[] norm(Kernels kernels, float[] x, float[] weight) {
    float[] out = new float[weight.length + 1];
    kernels.rmsNorm(x, 3, weight, 1e-5f, out, 1);
    return out;
  }
}
