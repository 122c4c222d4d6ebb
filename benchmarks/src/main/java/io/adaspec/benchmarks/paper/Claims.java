package io.adaspec.benchmarks.paper;

import io.adaspec.benchmarks.statistics.Interval;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * What should hold in the grid, checked cell by cell. A cell decides for or against a claim only
 * where the whole 95 % interval of its figure lies on one side of what is claimed; else it is a
 * tie.
 */
final class Claims {
  private static final double POINT = 0.01;
  private static final double NEARLY = 0.98;
  private static final double NEVER_SLOWER = 0.97;

  /** The paper's gains are claimed where load is moderate and drafts are good. */
  private static final double MODERATE_LOAD = 0.6;

  private static final double GOOD_DRAFTS = 1.2;

  private static final String OURS = "slo";
  private static final String PUBLISHED = "adaspec";
  private static final String SMARTSPEC = "smartspec";

  private Claims() {}

  /** What a cell says about a claim. */
  record Finding(String cell, Interval figure) {
    String text() {
      return String.format(
          Locale.ROOT, "%s: %.3f [%.3f, %.3f]", cell, figure.value(), figure.low(), figure.high());
    }
  }

  /**
   * A claim and the cells it is about.
   *
   * @param text what is claimed
   * @param least the figure that is claimed
   * @param findings of all cells
   */
  record Verdict(String text, double least, List<Finding> findings) {
    Verdict {
      findings =
          findings.stream()
              .sorted(Comparator.comparingDouble(finding -> finding.figure().value()))
              .toList();
    }

    double median() {
      return findings.isEmpty() ? Double.NaN : findings.get(findings.size() / 2).figure().value();
    }

    double worst() {
      return findings.isEmpty() ? Double.NaN : findings.getFirst().figure().value();
    }

    long holding() {
      return findings.stream().filter(finding -> finding.figure().low() >= least).count();
    }

    List<Finding> failures() {
      return findings.stream().filter(finding -> finding.figure().high() < least).toList();
    }

    long ties() {
      return findings.size() - holding() - failures().size();
    }
  }

  static List<Verdict> of(List<Cell> cells) {
    List<Cell> gains = cells.stream().filter(Claims::promisesGains).toList();
    return List.of(
        verdict(
            "slo: SLO attainment minus the best other strategy's, at least -1 point",
            -POINT,
            cells,
            cell -> cell.attainment(OURS, cell.bestOther(OURS, Claims::attainment))),
        verdict(
            "slo: goodput / the best other strategy's, at least 0.98",
            NEARLY,
            cells,
            cell -> cell.goodput(OURS, cell.bestOther(OURS, r -> r.traffic().goodput()))),
        verdict(
            "slo: speed over 1,000 steps / plain decoding of the same steps, at least 0.97",
            NEVER_SLOWER,
            cells,
            cell -> exactly(cell.result(OURS).worstGain())),
        verdict(
            "slo: mean latency of off / slo, at least 0.97",
            NEVER_SLOWER,
            cells,
            cell -> cell.speedUp(OURS, PaperReplication.PLAIN)),
        verdict(
            "adaspec: mean latency of the best fixed K / adaspec, at least 1, where gains are "
                + "claimed",
            1,
            gains,
            cell -> cell.speedUp(PUBLISHED, cell.bestFixed())),
        verdict(
            "adaspec: mean latency of SmartSpec / adaspec, at least 1, where gains are claimed",
            1,
            gains,
            cell -> cell.speedUp(PUBLISHED, SMARTSPEC)),
        verdict(
            "slo: mean latency of adaspec / slo, at least 1, where gains are claimed",
            1,
            gains,
            cell -> cell.speedUp(OURS, PUBLISHED)));
  }

  /** Mixed classes: batch traffic must not cost the interactive requests their targets. */
  static Verdict mixedClasses(List<MixedClasses.Comparison> comparisons) {
    List<Finding> findings = new ArrayList<>();
    for (MixedClasses.Comparison each : comparisons) {
      findings.add(new Finding(each.pair(), each.change()));
    }
    return new Verdict(
        "slo: attainment of interactive requests with a batch load of 1.0 minus without, at least "
            + "-2 points",
        -2 * POINT,
        findings);
  }

  private static Interval exactly(double value) {
    return new Interval(value, value, value);
  }

  private static boolean promisesGains(Cell cell) {
    double plain = cell.result(PaperReplication.PLAIN).latency();
    ToDoubleFunction<Cell.Result> speedUp = result -> plain / result.latency();
    double best = speedUp.applyAsDouble(cell.result(cell.best(speedUp)));
    return cell.load() <= MODERATE_LOAD && best >= GOOD_DRAFTS;
  }

  private static Verdict verdict(
      String text, double least, List<Cell> cells, Function<Cell, Interval> figure) {
    return new Verdict(
        text,
        least,
        cells.stream().map(cell -> new Finding(cell.name(), figure.apply(cell))).toList());
  }

  private static double attainment(Cell.Result result) {
    return result.traffic().attainment();
  }
}
