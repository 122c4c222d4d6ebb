package io.adaspec.runtime.speculation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.adaspec.runtime.speculation.PassCurve.Sample;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PassCurveTest {
  @Test
  void recoversRowsAndReadsOfALinearDevice() {
    List<Sample> samples = new ArrayList<>();
    for (int rows : new int[] {1, 2, 4, 8, 16}) {
      for (long reads : new long[] {rows * 16L, rows * 200L, rows * 900L}) {
        samples.add(new Sample(rows, reads, 100 + 10 * rows + 0.5 * reads));
      }
    }
    PassCurve curve = PassCurve.fit(samples);
    assertThat(curve.nanosPerRead()).isCloseTo(0.5, within(1e-9));
    assertThat(curve.passNanos(3, 100)).isCloseTo(100 + 30 + 50, within(1e-6));
    assertThat(curve.passNanos(64, 0)).as("beyond the table").isCloseTo(740, within(1e-6));
    assertThat(curve.passNanos(0, 0)).isZero();
  }

  @Test
  void neverFallsHoweverNoisyTheMeasurements() {
    SplittableRandom random = new SplittableRandom(5);
    for (int round = 0; round < 50; round++) {
      List<Sample> samples = new ArrayList<>();
      for (int rows = 1; rows <= 64; rows *= 2) {
        samples.add(new Sample(rows, 16L * rows, random.nextDouble(50, 150)));
        samples.add(new Sample(rows, 500L * rows, random.nextDouble(50, 150)));
      }
      PassCurve curve = PassCurve.fit(samples);
      double before = 0;
      for (int rows = 1; rows < 200; rows++) {
        assertThat(curve.passNanos(rows, 1000)).isGreaterThanOrEqualTo(before);
        assertThat(curve.passNanos(rows, 2000)).isGreaterThanOrEqualTo(curve.passNanos(rows, 1000));
        before = curve.passNanos(rows, 1000);
      }
    }
  }

  @Test
  void fallingOrEmptyCurvesCannotExist() {
    assertThatThrownBy(() -> PassCurve.fit(List.of())).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new PassCurve(List.of(1, 2), List.of(5.0, 4.0), 0))
        .hasMessageContaining("must not fall");
  }
}
