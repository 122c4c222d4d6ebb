package io.adaspec.benchmarks.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class IntervalTest {
  @Test
  void intervalOfAMeanIsAboutTwoStandardErrorsWide() {
    double[] values = normal(400, 5, 2, 1);
    Interval interval = Interval.of(values.length, choice -> mean(values, choice));
    double standardError = 2.0 / 20;
    assertThat(interval.value())
        .isEqualTo(Arrays.stream(values).average().orElseThrow(), within(1e-9));
    assertThat(interval.high() - interval.low()).isEqualTo(2 * 1.96 * standardError, within(0.04));
    assertThat(interval.low()).isLessThan(interval.value());
    assertThat(interval.high()).isGreaterThan(interval.value());
  }

  @Test
  void coversTheTruthAboutNineteenTimesInTwenty() {
    int covered = 0;
    for (int experiment = 0; experiment < 100; experiment++) {
      double[] values = normal(40, 1, 1, 100 + experiment);
      Interval interval = Interval.of(values.length, choice -> mean(values, choice));
      covered += interval.low() <= 1 && 1 <= interval.high() ? 1 : 0;
    }
    assertThat(covered).isBetween(88, 99);
  }

  @Test
  void pairingCancelsWhatABlockDoesToBoth() {
    double[] mood = normal(10, 10, 1, 3);
    double[] baseline = Arrays.stream(mood).map(Math::abs).map(m -> m + 1).toArray();
    double[] subject = Arrays.stream(baseline).map(rate -> 1.05 * rate).toArray();
    Interval interval = Interval.ofRatios(subject, baseline);
    assertThat(interval.low()).isEqualTo(1.05, within(1e-9));
    assertThat(interval.high()).isEqualTo(1.05, within(1e-9));
  }

  @Test
  void verdictNeedsTheWholeIntervalOnOneSide() {
    assertThat(Verdict.of(new Interval(1.1, 1.01, 1.2), 1, true)).isEqualTo(Verdict.BETTER);
    assertThat(Verdict.of(new Interval(1.1, 1.01, 1.2), 1, false)).isEqualTo(Verdict.WORSE);
    assertThat(Verdict.of(new Interval(0.9, 0.8, 0.99), 1, false)).isEqualTo(Verdict.BETTER);
    assertThat(Verdict.of(new Interval(-2, -3, -1), 0, true)).isEqualTo(Verdict.WORSE);
    assertThat(Verdict.of(new Interval(1.1, 1, 1.2), 1, true)).isEqualTo(Verdict.INCONCLUSIVE);
  }

  private static double mean(double[] values, int[] choice) {
    return Arrays.stream(choice).mapToDouble(i -> values[i]).average().orElseThrow();
  }

  private static double[] normal(int count, double mean, double deviation, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] values = new double[count];
    Arrays.setAll(values, i -> mean + deviation * random.nextGaussian());
    return values;
  }
}
