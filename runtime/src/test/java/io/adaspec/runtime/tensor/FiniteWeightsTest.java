package io.adaspec.runtime.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FiniteWeightsTest {
  private static final int ROWS = 45;
  private static final int COLUMNS = 192;

  @ParameterizedTest
  @EnumSource
  void oneWeightThatIsNotFiniteIsNamedWhereverItIs(WeightFormat format) {
    SplittableRandom random = new SplittableRandom(format.ggufType());
    try (WorkerTeam team = new WorkerTeam(2);
        Arena arena = Arena.ofShared()) {
      for (float value :
          new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
        int row = random.nextInt(ROWS);
        int column = random.nextInt(COLUMNS) / format.blockElements() * format.blockElements();
        WeightTensor tensor = withWeight(format, row, column, value);
        String message =
            "tensor random holds " + value + ".* at \\[" + row + ", " + column + "\\].*";
        assertThatThrownBy(() -> FiniteWeights.require(tensor, team))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageMatching(message);
        assertThatThrownBy(() -> PackedMatrix.pack(tensor, 16, arena, team))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageMatching(message);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void theLargestNumbersAreWeightsLikeOthers(WeightFormat format) {
    float largest =
        switch (format) {
          case F32 -> Float.MAX_VALUE;
          case BF16 -> Float.intBitsToFloat(0x7F7F0000);
          case F16, Q8_0, Q4_0 -> 65504;
        };
    try (WorkerTeam team = new WorkerTeam(2);
        Arena arena = Arena.ofShared()) {
      WeightTensor tensor = withWeight(format, 3, 64, -largest);
      FiniteWeights.require(tensor, team);
      assertThat(PackedMatrix.pack(tensor, 16, arena, team).rows()).isEqualTo(ROWS);
    }
  }

  @Test
  void aVectorNamesItsElement() {
    float[] values = {1, 2, Float.NaN, 4};
    WeightTensor norm =
        new WeightTensor("norm", WeightFormat.F32, List.of(4L), MemorySegment.ofArray(values));
    assertThatThrownBy(() -> WeightRows.vector(norm))
        .hasMessageContaining("tensor norm holds NaN at [2]");
  }

  /** A random tensor with one number, or in block formats one scale, replaced. */
  private static WeightTensor withWeight(WeightFormat format, int row, int column, float value) {
    WeightTensor random = RandomTensors.tensor(format, ROWS, COLUMNS, 5);
    MemorySegment data = MemorySegment.ofArray(random.data().toArray(ValueLayout.JAVA_BYTE));
    long at = format.bytesOf(COLUMNS) * row + format.bytesOf(column);
    switch (format) {
      case F32 -> data.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, value);
      case BF16 ->
          data.set(
              ValueLayout.JAVA_SHORT_UNALIGNED, at, (short) (Float.floatToIntBits(value) >> 16));
      case F16, Q8_0, Q4_0 ->
          data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16(value));
    }
    return new WeightTensor(random.name(), format, random.shape(), data);
  }
}
