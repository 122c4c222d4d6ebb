package io.adaspec.runtime.simulation;

import io.adaspec.runtime.simulation.RequestRecord.State;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/**
 * How a group of requests was served.
 *
 * @param requests how many arrived
 * @param refused how many of them were not admitted
 * @param attainment share of all that finished within all their targets
 * @param ttftAttainment share that met its TTFT target
 * @param tpotAttainment share that met its TPOT target
 * @param goodput output tokens per second of those that met all their targets
 * @param throughput output tokens per second
 * @param ttft of those that finished
 * @param tpot of those that finished
 * @param e2e of those that finished
 */
public record TrafficReport(
    int requests,
    int refused,
    double attainment,
    double ttftAttainment,
    double tpotAttainment,
    double goodput,
    double throughput,
    Spread ttft,
    Spread tpot,
    Spread e2e) {

  /** Milliseconds. */
  public record Spread(double mean, double median, double p99) {
    private static Spread of(List<RequestRecord> records, ToLongFunction<RequestRecord> nanos) {
      double[] sorted = records.stream().mapToDouble(r -> nanos.applyAsLong(r) / 1e6).toArray();
      Arrays.sort(sorted);
      if (sorted.length == 0) {
        return new Spread(0, 0, 0);
      }
      double mean = Arrays.stream(sorted).average().orElseThrow();
      return new Spread(mean, sorted[sorted.length / 2], sorted[sorted.length * 99 / 100]);
    }
  }

  /**
   * Sums up.
   *
   * @param records of the group
   * @param seconds of the whole simulation
   */
  public static TrafficReport of(List<RequestRecord> records, double seconds) {
    List<RequestRecord> finished =
        records.stream().filter(record -> record.state() == State.FINISHED).toList();
    return new TrafficReport(
        records.size(),
        (int) records.stream().filter(record -> record.state() == State.REFUSED).count(),
        share(records, RequestRecord::metSlo),
        share(records, RequestRecord::metTtft),
        share(records, RequestRecord::metTpot),
        tokens(records, RequestRecord::metSlo) / seconds,
        tokens(records, record -> true) / seconds,
        Spread.of(finished, RequestRecord::ttftNanos),
        Spread.of(finished, RequestRecord::tpotNanos),
        Spread.of(finished, RequestRecord::e2eNanos));
  }

  private static double share(List<RequestRecord> records, Predicate<RequestRecord> which) {
    return records.isEmpty() ? 1 : (double) records.stream().filter(which).count() / records.size();
  }

  private static double tokens(List<RequestRecord> records, Predicate<RequestRecord> which) {
    return records.stream().filter(which).mapToLong(RequestRecord::outputTokens).sum();
  }
}
