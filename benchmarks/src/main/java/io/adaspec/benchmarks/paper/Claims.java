package io.adaspec.benchmarks.paper;

import io.adaspec.runtime.simulation.TrafficReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/** What should hold in the grid, checked cell by cell. */
final class Claims {
  private static final double POINT = 0.01;
  private static final double NEARLY = 0.98;
  private static final double NEVER_SLOWER = 0.97;

  /** The paper's gains are claimed where load is moderate and drafts are good. */
  private static final double MODERATE_LOAD = 0.6;

  private static final double GOOD_DRAFTS = 1.2;

  private Claims() {}

  /**
   * A claim and the cells in which it fails.
   *
   * @param text what is claimed
   * @param cells how many cells it is about
   * @param median of its figure over these cells
   * @param worst least favourable figure
   * @param failures cell and figure
   */
  record Verdict(String text, int cells, double median, double worst, List<String> failures) {
    boolean holds() {
      return failures.isEmpty();
    }
  }

  static List<Verdict> of(List<Cell> cells) {
    List<Cell> gains = cells.stream().filter(Claims::promisesGains).toList();
    return List.of(
        verdict(
            "slo: SLO attainment minus the best strategy's, at least -1 point",
            cells,
            cell -> attainment(cell.result("slo")) - cell.best(Claims::attainment),
            figure -> figure >= -POINT),
        verdict(
            "slo: goodput / the best strategy's, at least 0.98",
            cells,
            cell -> ratio(goodput(cell.result("slo")), cell.best(Claims::goodput)),
            figure -> figure >= NEARLY),
        verdict(
            "slo: speed over 1,000 steps / plain decoding of the same steps, at least 0.97",
            cells,
            cell -> cell.result("slo").worstGain(),
            figure -> figure >= NEVER_SLOWER),
        verdict(
            "slo: mean latency of off / slo, at least 0.97",
            cells,
            cell -> cell.speedUp("slo"),
            figure -> figure >= NEVER_SLOWER),
        verdict(
            "adaspec: mean latency of the best fixed K / adaspec, at least 1, where gains are "
                + "claimed",
            gains,
            cell -> cell.bestLatency(PaperReplication.FIXED) / cell.result("adaspec").latency(),
            figure -> figure >= 1),
        verdict(
            "adaspec: mean latency of SmartSpec / adaspec, at least 1, where gains are claimed",
            gains,
            cell -> cell.result("smartspec").latency() / cell.result("adaspec").latency(),
            figure -> figure >= 1),
        verdict(
            "slo: mean latency of adaspec / slo, at least 1, where gains are claimed",
            gains,
            cell -> cell.result("adaspec").latency() / cell.result("slo").latency(),
            figure -> figure >= 1));
  }

  /** Mixed classes: batch traffic must not cost the interactive requests their targets. */
  static Verdict mixedClasses(List<MixedClasses.Comparison> comparisons) {
    List<String> failures = new ArrayList<>();
    List<Double> figures = new ArrayList<>();
    for (MixedClasses.Comparison each : comparisons) {
      double difference =
          each.interactiveWithBatch().attainment() - each.interactiveAlone().attainment();
      figures.add(difference);
      if (difference < -2 * POINT) {
        failures.add(named(each.pair(), difference));
      }
    }
    return summed(
        "slo: attainment of interactive requests with a batch load of 1.0 minus without, at least "
            + "-2 points",
        figures,
        failures);
  }

  private static boolean promisesGains(Cell cell) {
    return cell.load() <= MODERATE_LOAD
        && cell.best(result -> cell.result("off").latency() / result.latency()) >= GOOD_DRAFTS;
  }

  private static Verdict verdict(
      String text, List<Cell> cells, ToDoubleFunction<Cell> figure, Predicate<Double> holds) {
    List<String> failures = new ArrayList<>();
    List<Double> figures = new ArrayList<>();
    for (Cell cell : cells) {
      double value = figure.applyAsDouble(cell);
      figures.add(value);
      if (!holds.test(value)) {
        failures.add(named(cell.name(), value));
      }
    }
    return summed(text, figures, failures);
  }

  private static Verdict summed(String text, List<Double> figures, List<String> failures) {
    List<Double> sorted = figures.stream().sorted().toList();
    double median = sorted.isEmpty() ? Double.NaN : sorted.get(sorted.size() / 2);
    double worst = sorted.isEmpty() ? Double.NaN : sorted.getFirst();
    return new Verdict(text, sorted.size(), median, worst, List.copyOf(failures));
  }

  private static String named(String cell, double figure) {
    return String.format(Locale.ROOT, "%s: %.3f", cell, figure);
  }

  private static double attainment(Cell.Result result) {
    return result.traffic().attainment();
  }

  private static double goodput(Cell.Result result) {
    TrafficReport traffic = result.traffic();
    return traffic.goodput();
  }

  private static double ratio(double value, double best) {
    return best == 0 ? 1 : value / best;
  }
}
