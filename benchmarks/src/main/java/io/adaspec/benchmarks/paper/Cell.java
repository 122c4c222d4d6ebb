package io.adaspec.benchmarks.paper;

import io.adaspec.runtime.simulation.Outcome;
import io.adaspec.runtime.simulation.RequestRecord;
import io.adaspec.runtime.simulation.TrafficReport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * One place of the grid: the same traffic on the same machine under every strategy.
 *
 * @param pair machine and models
 * @param traffic trace or process
 * @param load mean arrival rate as a share of what plain decoding can just serve
 * @param sloScale TPOT target as a multiple of an idle device's plain step
 * @param results by strategy, in the order of the tables
 */
record Cell(
    String pair, String traffic, double load, double sloScale, Map<String, Result> results) {

  /**
   * One strategy's result.
   *
   * @param traffic how requests were served
   * @param acceptanceLength output tokens per sequence and step
   * @param gain time that plain decoding would have needed for the same steps ÷ time taken
   * @param worstGain the least of it over 1,000 steps in a row
   */
  record Result(TrafficReport traffic, double acceptanceLength, double gain, double worstGain) {
    /** The runs of several seeds together: all their requests, mean gains, the worst window. */
    static Result of(List<Outcome> outcomes) {
      List<RequestRecord> records = new ArrayList<>();
      double seconds = 0;
      double acceptanceLength = 0;
      double gain = 0;
      double worst = Double.POSITIVE_INFINITY;
      for (Outcome outcome : outcomes) {
        records.addAll(outcome.records());
        seconds += outcome.seconds();
        acceptanceLength += outcome.steps().acceptanceLength() / outcomes.size();
        gain += outcome.steps().gain() / outcomes.size();
        worst = Math.min(worst, outcome.steps().worstGain());
      }
      return new Result(TrafficReport.of(records, seconds), acceptanceLength, gain, worst);
    }

    /** Mean milliseconds from arrival to the last token. */
    double latency() {
      return traffic.e2e().mean();
    }
  }

  Cell(String pair, String traffic, double load, double sloScale) {
    this(pair, traffic, load, sloScale, new LinkedHashMap<>());
  }

  String name() {
    return pair + " / " + traffic + " / load " + load + " / TPOT x" + sloScale;
  }

  Result result(String strategy) {
    Result result = results.get(strategy);
    if (result == null) {
      throw new IllegalArgumentException(name() + " was not run under " + strategy);
    }
    return result;
  }

  /** The largest figure over all strategies. */
  double best(ToDoubleFunction<Result> figure) {
    return results.values().stream().mapToDouble(figure).max().orElseThrow();
  }

  /** The shortest mean latency among {@code strategies}. */
  double bestLatency(List<String> strategies) {
    return strategies.stream().mapToDouble(each -> result(each).latency()).min().orElseThrow();
  }

  /** How much faster than plain decoding a strategy is, by mean latency. */
  double speedUp(String strategy) {
    return result(PaperReplication.PLAIN).latency() / result(strategy).latency();
  }
}
