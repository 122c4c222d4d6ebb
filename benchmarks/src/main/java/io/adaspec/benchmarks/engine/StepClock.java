package io.adaspec.benchmarks.engine;

import java.util.Arrays;

/**
 * Time between the ends of steps: what a step costs with all that happens between it and the next.
 * The first steps, in which prompts join one after the other, do not count. The median is asked
 * for, since other processes of the machine make single steps late. Used by one thread at a time.
 */
final class StepClock {
  private static final int WARM_STEPS = 12;

  private double[] nanos = new double[256];
  private long lastNanos;
  private int steps;

  void stepped(long nowNanos) {
    int counted = steps - WARM_STEPS;
    if (counted >= 0) {
      if (counted == nanos.length) {
        nanos = Arrays.copyOf(nanos, 2 * counted);
      }
      nanos[counted] = nowNanos - lastNanos;
    }
    lastNanos = nowNanos;
    steps++;
  }

  double medianNanos() {
    int counted = steps - WARM_STEPS;
    if (counted < 1) {
      throw new IllegalStateException(
          "a step's time needs more than " + WARM_STEPS + " steps, not " + steps);
    }
    double[] sorted = Arrays.copyOf(nanos, counted);
    Arrays.sort(sorted);
    return sorted[counted / 2];
  }
}
