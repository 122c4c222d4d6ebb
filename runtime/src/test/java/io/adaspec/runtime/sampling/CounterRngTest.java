package io.adaspec.runtime.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.sampling.CounterRng.Purpose;
import org.junit.jupiter.api.Test;

class CounterRngTest {
  @Test
  void isTheSameFunctionOnEveryMachine() {
    long stream = CounterRng.stream(42, 7, Purpose.TOKEN);

    assertThat(stream).isEqualTo(0x6AF2EDA6B2EE877BL);
    assertThat(CounterRng.bits(stream, 0)).isEqualTo(0x179BCFB5344E8898L);
    assertThat(CounterRng.bits(stream, 31_999)).isEqualTo(0x921610F9E42595B2L);
  }

  @Test
  void uniformsFillTheirIntervalEvenlyAlongIndexPositionAndSeed() {
    assertThat(chiSquare(i -> CounterRng.uniform(CounterRng.stream(1, 2, Purpose.TOKEN), i)))
        .isLessThan(LIMIT_99_DEGREES);
    assertThat(chiSquare(i -> CounterRng.uniform(CounterRng.stream(1, i, Purpose.TOKEN), 5)))
        .isLessThan(LIMIT_99_DEGREES);
    assertThat(chiSquare(i -> CounterRng.uniform(CounterRng.stream(i, 3, Purpose.TOKEN), 5)))
        .isLessThan(LIMIT_99_DEGREES);
  }

  @Test
  void neighboursInEveryDirectionAreUncorrelated() {
    int n = 200_000;
    double[] sums = new double[4];
    for (int i = 0; i < n; i++) {
      long stream = CounterRng.stream(i / 64, i % 64, Purpose.TOKEN);
      double here = CounterRng.uniform(stream, i) - 0.5;
      sums[0] += here * (CounterRng.uniform(stream, i + 1) - 0.5);
      sums[1] += here * (uniform(i / 64, i % 64 + 1, Purpose.TOKEN, i) - 0.5);
      sums[2] += here * (uniform(i / 64 + 1L, i % 64, Purpose.TOKEN, i) - 0.5);
      sums[3] += here * (uniform(i / 64, i % 64, Purpose.ACCEPT, i) - 0.5);
    }
    double standardError = Math.sqrt(n) / 12;
    for (double sum : sums) {
      assertThat(Math.abs(sum)).isLessThan(4 * standardError);
    }
  }

  @Test
  void everyInputBitFlipsHalfOfTheOutputBits() {
    for (int bit = 0; bit < 64; bit++) {
      assertThat(meanFlips(1L << bit, 0, 0)).isBetween(30.0, 34.0);
    }
    for (int bit = 0; bit < 31; bit++) {
      assertThat(meanFlips(0, 1 << bit, 0)).isBetween(30.0, 34.0);
      assertThat(meanFlips(0, 0, 1 << bit)).isBetween(30.0, 34.0);
    }
  }

  @Test
  void uniformsAreNeverZeroOrOne() {
    assertThat(0.5 * 0x1p-53).isGreaterThan(0);
    for (int i = 0; i < 100_000; i++) {
      double u = uniform(i, 0, Purpose.TOKEN, 0);
      assertThat(u > 0 && u < 1).isTrue();
    }
  }

  private interface Draw {
    double at(int index);
  }

  /** 99.99 % quantile of chi-square with 99 degrees of freedom. */
  private static final double LIMIT_99_DEGREES = 161.3;

  private static double chiSquare(Draw draw) {
    int n = 200_000;
    int[] counts = new int[100];
    for (int i = 0; i < n; i++) {
      counts[(int) (draw.at(i) * 100)]++;
    }
    double sum = 0;
    for (int count : counts) {
      double difference = count - n / 100.0;
      sum += difference * difference / (n / 100.0);
    }
    return sum;
  }

  private static double meanFlips(long seedMask, int positionMask, int indexMask) {
    int n = 400;
    long flips = 0;
    for (int i = 0; i < n; i++) {
      long before = CounterRng.bits(CounterRng.stream(i, 3 * i, Purpose.TOKEN), 5 * i);
      long stream = CounterRng.stream(i ^ seedMask, (3 * i) ^ positionMask, Purpose.TOKEN);
      flips += Long.bitCount(before ^ CounterRng.bits(stream, (5 * i) ^ indexMask));
    }
    return (double) flips / n;
  }

  private static double uniform(long seed, int position, Purpose purpose, int index) {
    return CounterRng.uniform(CounterRng.stream(seed, position, purpose), index);
  }
}
