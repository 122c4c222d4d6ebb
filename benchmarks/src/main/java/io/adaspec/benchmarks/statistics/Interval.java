package io.adaspec.benchmarks.statistics;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

/**
 * A figure with its 95 % bootstrap interval (Efron 1979, percentiles). What is drawn again are
 * whole blocks: measurements within a block share a queue and the machine's mood, those of
 * different blocks do not. A figure that compares two subjects takes both from the same blocks, so
 * what a block did to both of them cancels.
 *
 * @param value the figure of all blocks
 * @param low lower end
 * @param high upper end
 */
public record Interval(double value, double low, double high) {
  private static final int RESAMPLES = 2000;
  private static final int TAIL = RESAMPLES / 40;
  private static final long SEED = 11;

  /**
   * Draws as many blocks as there are with replacement, {@value #RESAMPLES} times, always the same.
   *
   * @param blocks how many there are
   * @param figure of a choice of blocks: [blocks] numbers from 0 to {@code blocks} − 1
   */
  public static Interval of(int blocks, ToDoubleFunction<int[]> figure) {
    if (blocks < 1) {
      throw new IllegalArgumentException("no blocks to draw from; measure at least one");
    }
    int[] choice = new int[blocks];
    Arrays.setAll(choice, block -> block);
    double value = figure.applyAsDouble(choice);
    SplittableRandom random = new SplittableRandom(SEED);
    double[] figures = new double[RESAMPLES];
    for (int i = 0; i < RESAMPLES; i++) {
      Arrays.setAll(choice, block -> random.nextInt(blocks));
      figures[i] = figure.applyAsDouble(choice);
    }
    Arrays.sort(figures);
    return new Interval(value, figures[TAIL], figures[RESAMPLES - 1 - TAIL]);
  }

  /**
   * Geometric mean of ratios, pair by pair.
   *
   * @param subject [blocks]
   * @param baseline [blocks] measured beside them
   */
  public static Interval ofRatios(double[] subject, double[] baseline) {
    double[] logs = new double[subject.length];
    Arrays.setAll(logs, block -> Math.log(subject[block] / baseline[block]));
    return of(
        logs.length,
        choice -> Math.exp(Arrays.stream(choice).mapToDouble(i -> logs[i]).average().orElse(0)));
  }
}
