package io.adaspec.benchmarks.paper;

import io.adaspec.benchmarks.statistics.Interval;
import io.adaspec.runtime.simulation.Outcome;
import io.adaspec.runtime.simulation.RequestRecord;
import io.adaspec.runtime.simulation.TrafficReport;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.ToDoubleBiFunction;
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
   * @param stretches the requests again, seed after seed in order of arrival
   */
  record Result(
      TrafficReport traffic,
      double acceptanceLength,
      double gain,
      double worstGain,
      List<Sums> stretches) {
    Result {
      stretches = List.copyOf(stretches);
    }

    /** The runs of several seeds together: all their requests, mean gains, the worst window. */
    static Result of(List<Outcome> outcomes) {
      List<RequestRecord> records = new ArrayList<>();
      List<Sums> stretches = new ArrayList<>();
      double seconds = 0;
      double acceptanceLength = 0;
      double gain = 0;
      double worst = Double.POSITIVE_INFINITY;
      for (Outcome outcome : outcomes) {
        records.addAll(outcome.records());
        stretches.addAll(Sums.of(outcome.records()));
        seconds += outcome.seconds();
        acceptanceLength += outcome.steps().acceptanceLength() / outcomes.size();
        gain += outcome.steps().gain() / outcomes.size();
        worst = Math.min(worst, outcome.steps().worstGain());
      }
      return new Result(
          TrafficReport.of(records, seconds), acceptanceLength, gain, worst, stretches);
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
    return Optional.ofNullable(results.get(strategy))
        .orElseThrow(() -> new IllegalArgumentException(name() + " was not run under " + strategy));
  }

  /** The strategy with the largest figure. */
  String best(ToDoubleFunction<Result> figure) {
    return best(strategy -> true, figure);
  }

  /** The strategy with the largest figure but one. */
  String bestOther(String strategy, ToDoubleFunction<Result> figure) {
    return best(each -> !each.equals(strategy), figure);
  }

  /** The fixed draft length with the shortest mean latency, known only afterwards. */
  String bestFixed() {
    return best(PaperReplication.FIXED::contains, result -> -result.latency());
  }

  private String best(Predicate<String> among, ToDoubleFunction<Result> figure) {
    return results.keySet().stream()
        .filter(among)
        .max(Comparator.comparingDouble(each -> figure.applyAsDouble(result(each))))
        .orElseThrow();
  }

  /** How much faster than plain decoding a strategy is, by mean latency. */
  double speedUp(String strategy) {
    return result(PaperReplication.PLAIN).latency() / result(strategy).latency();
  }

  /** How much faster than another a strategy is, by mean latency. */
  Interval speedUp(String strategy, String other) {
    return compared(strategy, other, (own, their) -> their.e2eMillis() / own.e2eMillis());
  }

  /** Difference of shares of requests that met their targets. */
  Interval attainment(String strategy, String other) {
    return compared(strategy, other, (own, their) -> own.attainment() - their.attainment());
  }

  /** Ratio of output tokens of requests that met their targets, per second of the whole run. */
  Interval goodput(String strategy, String other) {
    double value = result(strategy).traffic().goodput();
    double base = result(other).traffic().goodput();
    if (base == 0) {
      return new Interval(1, 1, 1);
    }
    Interval tokens =
        compared(
            strategy,
            other,
            (own, their) ->
                their.goodTokens() == 0 ? 1 : (double) own.goodTokens() / their.goodTokens());
    double time = value / base / tokens.value(); // the runs end at different times
    return new Interval(value / base, time * tokens.low(), time * tokens.high());
  }

  private Interval compared(String strategy, String other, ToDoubleBiFunction<Sums, Sums> figure) {
    return Sums.compare(result(strategy).stretches(), result(other).stretches(), figure);
  }
}
