package io.adaspec.runtime.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PackedMatrixTest {
  private static final int PANEL_ROWS = 32;

  @ParameterizedTest
  @EnumSource(
      value = WeightFormat.class,
      names = {"Q8_0", "Q4_0"})
  void bothPanelsOfAPairGoOnWhereThePairBeforeEnded(WeightFormat format) {
    PackedMatrix matrix = matrix(format, 7);
    for (int panel = 0; panel + 2 < 7; panel++) {
      assertThat(matrix.panelOffset(panel + 2) - matrix.panelOffset(panel))
          .isEqualTo(matrix.panelBytes());
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = WeightFormat.class,
      names = {"Q8_0", "Q4_0"})
  void bothPanelsOfAPairReachTheEndOfAPageTogether(WeightFormat format) {
    PackedMatrix matrix = matrix(format, 7);
    assertThat((matrix.panelOffset(1) - matrix.panelOffset(0)) % PackedMatrix.PAGE).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 8})
  void panelsLieInsideTheMatrixAndApart(int panels) {
    for (WeightFormat format : WeightFormat.values()) {
      PackedMatrix matrix = matrix(format, panels);
      for (int panel = 0; panel < panels; panel++) {
        long offset = matrix.panelOffset(panel);
        assertThat(offset).isBetween(0L, matrix.bytes() - matrix.panelBytes());
        for (int other = 0; other < panel; other++) {
          assertThat(Math.abs(matrix.panelOffset(other) - offset))
              .isGreaterThanOrEqualTo(matrix.panelBytes());
        }
      }
    }
  }

  private static PackedMatrix matrix(WeightFormat format, int panels) {
    WeightTensor tensor = RandomTensors.tensor(format, panels * PANEL_ROWS - 3, 96, 1);
    return MatrixPacker.allocate(tensor, PANEL_ROWS, Arena.ofAuto());
  }
}
