package io.adaspec.api.cli;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Repeated measurements of one thing.
 *
 * @param median the middle one, or the mean of the two in the middle
 * @param min the least
 * @param max the most
 */
record Spread(double median, double min, double max) {
  /**
   * Of some values.
   *
   * @param values at least one
   */
  static Spread of(double[] values) {
    double[] sorted = values.clone();
    java.util.Arrays.sort(sorted);
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Spread(median, sorted[0], sorted[sorted.length - 1]);
  }

  Map<String, Object> json() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("median", rounded(median));
    object.put("min", rounded(min));
    object.put("max", rounded(max));
    return object;
  }

  private static double rounded(double value) {
    return Math.round(value * 10) / 10.0;
  }
}
