package io.adaspec.benchmarks.speculation;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A ratio of two speeds from paired blocks, with its bootstrap interval.
 *
 * @param mean geometric mean of the pairs' ratios
 * @param low lower end of the 95 % interval
 * @param high upper end
 */
record PairedRatio(double mean, double low, double high) {
  private static final int RESAMPLES = 2000;
  private static final long SEED = 11;

  /**
   * Compares block by block.
   *
   * @param speeds [blocks]
   * @param baseline [blocks] measured beside them
   */
  static PairedRatio of(double[] speeds, double[] baseline) {
    double[] logs = new double[speeds.length];
    for (int i = 0; i < logs.length; i++) {
      logs[i] = Math.log(speeds[i] / baseline[i]);
    }
    SplittableRandom random = new SplittableRandom(SEED);
    double[] means = new double[RESAMPLES];
    for (int r = 0; r < RESAMPLES; r++) {
      double sum = 0;
      for (int i = 0; i < logs.length; i++) {
        sum += logs[random.nextInt(logs.length)];
      }
      means[r] = Math.exp(sum / logs.length);
    }
    Arrays.sort(means);
    double mean = Math.exp(Arrays.stream(logs).average().orElseThrow());
    return new PairedRatio(mean, means[RESAMPLES / 40], means[RESAMPLES - 1 - RESAMPLES / 40]);
  }
}
