package io.adaspec.benchmarks.paper;

import io.adaspec.benchmarks.statistics.Interval;
import io.adaspec.runtime.simulation.RequestRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleBiFunction;

/**
 * Requests that arrived one after the other, summed up. Those within share a queue, so what an
 * interval draws again are such stretches.
 *
 * @param requests how many
 * @param e2eMillis their latencies together
 * @param met how many of them met their targets
 * @param goodTokens output tokens of these
 */
record Sums(int requests, double e2eMillis, int met, long goodTokens) {
  static final Sums NONE = new Sums(0, 0, 0, 0);

  private static final int STRETCH = 25;

  /** Stretches of {@value #STRETCH} requests, the last one shorter. */
  static List<Sums> of(List<RequestRecord> records) {
    List<Sums> all = new ArrayList<>();
    for (int from = 0; from < records.size(); from += STRETCH) {
      Sums sums = NONE;
      for (RequestRecord each : records.subList(from, Math.min(records.size(), from + STRETCH))) {
        sums = sums.plus(each);
      }
      all.add(sums);
    }
    return all;
  }

  private Sums plus(RequestRecord record) {
    boolean good = record.metSlo();
    return new Sums(
        requests + 1,
        e2eMillis + record.e2eNanos() / 1e6,
        met + (good ? 1 : 0),
        goodTokens + (good ? record.outputTokens() : 0));
  }

  private Sums plus(Sums other) {
    return new Sums(
        requests + other.requests,
        e2eMillis + other.e2eMillis,
        met + other.met,
        goodTokens + other.goodTokens);
  }

  double attainment() {
    return requests == 0 ? 1 : (double) met / requests;
  }

  /**
   * A figure of two strategies that served the same requests, with its interval.
   *
   * @param subject [stretches]
   * @param other [stretches]
   */
  static Interval compare(
      List<Sums> subject, List<Sums> other, ToDoubleBiFunction<Sums, Sums> figure) {
    return Interval.of(
        subject.size(),
        choice -> figure.applyAsDouble(chosen(subject, choice), chosen(other, choice)));
  }

  private static Sums chosen(List<Sums> all, int[] choice) {
    Sums sums = NONE;
    for (int each : choice) {
      sums = sums.plus(all.get(each));
    }
    return sums;
  }
}
