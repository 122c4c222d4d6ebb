package io.adaspec.runtime.speculation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.DoubleStream;

/**
 * Duration of one model's passes, fitted to measurements: {@code T(rows, reads) = f(rows) + g ·
 * reads}, f being piecewise linear and never falling, g the time of one key/value position.
 *
 * <p>g is the least-squares slope over measurements of equal rows and different reads, not below 0;
 * f the median of what g leaves at each number of rows, made monotone by pooling neighbours. Beyond
 * the largest number of rows f goes on with its slope over the upper half of the measured range.
 *
 * @param rows [points] rising
 * @param nanos [points] f at these
 * @param nanosPerRead g
 */
public record PassCurve(List<Integer> rows, List<Double> nanos, double nanosPerRead) {
  /**
   * One measured pass.
   *
   * @param rows tokens computed
   * @param reads key/value positions read
   * @param nanos median of its repetitions
   */
  public record Sample(int rows, long reads, double nanos) {}

  public PassCurve {
    rows = List.copyOf(rows);
    nanos = List.copyOf(nanos);
    if (rows.isEmpty() || rows.size() != nanos.size() || !(nanosPerRead >= 0)) {
      throw new IllegalArgumentException(
          "a pass curve needs points and a time per read, not rows "
              + rows
              + ", nanos "
              + nanos
              + ", per read "
              + nanosPerRead);
    }
    for (int i = 0; i < rows.size(); i++) {
      boolean rises = i == 0 || (rows.get(i) > rows.get(i - 1) && nanos.get(i) >= nanos.get(i - 1));
      if (!rises || rows.get(i) < 1 || !(nanos.get(i) >= 0)) {
        throw new IllegalArgumentException(
            "a pass curve must not fall: rows " + rows + ", nanos " + nanos);
      }
    }
  }

  /**
   * The curve through some measurements.
   *
   * @throws IllegalArgumentException if there are none
   */
  public static PassCurve fit(List<Sample> samples) {
    TreeMap<Integer, List<Sample>> byRows = new TreeMap<>();
    samples.forEach(
        sample -> byRows.computeIfAbsent(sample.rows(), rows -> new ArrayList<>()).add(sample));
    double perRead = slope(byRows);
    int[] weights = new int[byRows.size()];
    double[] f = new double[byRows.size()];
    int at = 0;
    for (Map.Entry<Integer, List<Sample>> point : byRows.entrySet()) {
      List<Sample> same = point.getValue();
      weights[at] = same.size();
      f[at++] =
          median(same.stream().mapToDouble(s -> Math.max(0, s.nanos() - perRead * s.reads())));
    }
    pool(f, weights);
    return new PassCurve(List.copyOf(byRows.keySet()), Arrays.stream(f).boxed().toList(), perRead);
  }

  /** Predicted duration; 0 for no rows. */
  public double passNanos(int wanted, long reads) {
    return wanted == 0 ? 0 : base(wanted) + nanosPerRead * reads;
  }

  private double base(int wanted) {
    int above = 0;
    while (above < rows.size() && rows.get(above) < wanted) {
      above++;
    }
    int last = rows.size() - 1;
    if (above == 0) {
      return nanos.get(0);
    }
    if (above <= last) {
      double share =
          (double) (wanted - rows.get(above - 1)) / (rows.get(above) - rows.get(above - 1));
      return nanos.get(above - 1) + share * (nanos.get(above) - nanos.get(above - 1));
    }
    int half = last / 2;
    double slope =
        half == last
            ? nanos.get(last) / rows.get(last)
            : (nanos.get(last) - nanos.get(half)) / (rows.get(last) - rows.get(half));
    return nanos.get(last) + slope * (wanted - rows.get(last));
  }

  private static double slope(TreeMap<Integer, List<Sample>> byRows) {
    double product = 0;
    double square = 0;
    for (List<Sample> same : byRows.values()) {
      double meanReads = same.stream().mapToLong(Sample::reads).average().orElse(0);
      double meanNanos = same.stream().mapToDouble(Sample::nanos).average().orElse(0);
      for (Sample sample : same) {
        double reads = sample.reads() - meanReads;
        product += reads * (sample.nanos() - meanNanos);
        square += reads * reads;
      }
    }
    return square == 0 ? 0 : Math.max(0, product / square);
  }

  private static double median(DoubleStream values) {
    double[] sorted = values.sorted().toArray();
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  /** Isotonic regression: neighbours that fall are replaced by their weighted mean. */
  private static void pool(double[] f, int[] weights) {
    for (int i = 1; i < f.length; i++) {
      int first = i;
      double sum = f[i] * weights[i];
      double weight = weights[i];
      while (first > 0 && f[first - 1] > sum / weight) {
        first--;
        sum += f[first] * weights[first];
        weight += weights[first];
      }
      Arrays.fill(f, first, i + 1, sum / weight);
    }
  }
}
