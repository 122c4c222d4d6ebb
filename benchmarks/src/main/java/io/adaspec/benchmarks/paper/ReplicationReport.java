package io.adaspec.benchmarks.paper;

import io.adaspec.benchmarks.plot.LinePlot;
import io.adaspec.benchmarks.statistics.Interval;
import io.adaspec.benchmarks.statistics.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Formatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** Writes what came of the grid: a readable summary, all figures, and plots. */
final class ReplicationReport {
  private static final String NAME = "paper-replication";

  private final List<Cell> cells;
  private final List<MixedClasses.Comparison> mixed;
  private final boolean recordedTraces;
  private final LocalDate date;
  private final StringBuilder text = new StringBuilder();
  private final Formatter out = new Formatter(text, Locale.ROOT);

  ReplicationReport(
      List<Cell> cells,
      List<MixedClasses.Comparison> mixed,
      boolean recordedTraces,
      LocalDate date) {
    this.cells = cells;
    this.mixed = mixed;
    this.recordedTraces = recordedTraces;
    this.date = date;
  }

  void write(Path folder) throws IOException {
    introduction();
    claims();
    speedUps();
    bestFixed();
    for (String pair : PaperReplication.PAIRS) {
      tables(pair);
    }
    Files.writeString(folder.resolve(NAME + ".md"), text.toString().strip() + "\n");
    Files.writeString(folder.resolve(NAME + ".csv"), csv());
    for (String pair : PaperReplication.PAIRS) {
      plot(
          folder,
          pair,
          "speed-up",
          "speed-up over plain decoding (mean latency)",
          cell -> name -> cell.speedUp(name));
      plot(
          folder,
          pair,
          "attainment",
          "SLO attainment, %",
          cell -> name -> 100 * cell.result(name).traffic().attainment());
    }
  }

  private void introduction() {
    out.format("# The AdaSpec experiment in simulation%n");
    out.format("%n");
    out.format(
        "Written by `io.adaspec.benchmarks.paper.PaperReplication` on %s from %s traces. The same"
            + " scheduler and strategies as in the product, on simulated devices whose times follow"
            + " a roofline of the named machines and whose drafts are drawn from a distribution of"
            + " easy and hard requests (`SimulatedProfiles`, `DraftQuality`): figures compare"
            + " strategies, they are not measurements of these machines. Each cell and"
            + " strategy has 500 requests with Spec-Bench's lengths under each of three seeds; the"
            + " bursty trace `code` is replayed for 440 s, whatever number of requests that is."
            + " Traces keep their own time: a load is reached by laying shifted copies of them on"
            + " top of each other. TTFT target ten times an idle 512-token prefill. `slo` plans"
            + " prefill, places and rows by targets as well as drafts; the other strategies leave"
            + " these as they come, as the published systems do.%n",
        date, recordedTraces ? "the recorded" : "generated");
    out.format("%n");
    out.format("    benchmarks/run paper%n");
    out.format("%n");
    out.format(
        "The paper claims up to 66 %% over the best speculative baseline (version 2), 1.14 to 14.3"
            + " times over baselines in version 1.%n");
    out.format("%n");
  }

  private void claims() {
    out.format("## What should hold%n");
    out.format("%n");
    out.format(
        "A cell decides for or against a claim where the whole 95 %% interval of its figure lies on one"
            + " side of what is claimed; else it is a tie. Intervals are by bootstrap over stretches of"
            + " 25 requests in order of arrival, the same of both strategies (a figure over 1,000 steps"
            + " has none). The best strategy and the best fixed K are chosen afterwards, from the same"
            + " requests.%n");
    out.format("%n");
    out.format("| claim | cells | median | worst | holds | tie | fails |%n");
    out.format("|---|---|---|---|---|---|---|%n");
    List<Claims.Verdict> verdicts = new ArrayList<>(Claims.of(cells));
    verdicts.add(Claims.mixedClasses(mixed));
    for (Claims.Verdict each : verdicts) {
      out.format(
          "| %s | %d | %.3f | %.3f | %d | %d | %d |%n",
          each.text(),
          each.findings().size(),
          each.median(),
          each.worst(),
          each.holding(),
          each.ties(),
          each.failures().size());
    }
    out.format("%n");
    for (Claims.Verdict each : verdicts) {
      if (!each.failures().isEmpty()) {
        out.format("Fails — %s:%n", each.text());
        out.format("%n");
        each.failures().forEach(failure -> out.format("* %s%n", failure.text()));
        out.format("%n");
      }
    }
    out.format("| pair, `slo` | interactive alone | with batch load 1.0 | batch tokens/s |%n");
    out.format("|---|---|---|---|%n");
    for (MixedClasses.Comparison each : mixed) {
      out.format(
          "| %s | %.1f %% | %.1f %% | %.0f |%n",
          each.pair(),
          100 * each.interactiveAlone().attainment(),
          100 * each.interactiveWithBatch().attainment(),
          each.batch().throughput());
    }
    out.format("%n");
  }

  private void speedUps() {
    out.format(
        "## Speed-up by mean latency over the trace cells (geometric mean over traces and SLO"
            + " scales)%n");
    out.format("%n");
    out.format(
        "| pair | adaspec / off | slo / off | slo / best fixed K | slo / SmartSpec | slo / adaspec"
            + " |%n");
    out.format("|---|---|---|---|---|---|%n");
    for (String pair : PaperReplication.PAIRS) {
      List<Cell> own =
          cells.stream()
              .filter(c -> c.pair().equals(pair))
              .filter(c -> !c.traffic().equals("poisson"))
              .toList();
      out.format(
          "| %s | %.2f | %.2f | %.2f | %.2f | %.2f |%n",
          pair,
          mean(own, cell -> cell.speedUp("adaspec")),
          mean(own, cell -> cell.speedUp("slo")),
          mean(own, cell -> cell.speedUp("slo", cell.bestFixed()).value()),
          mean(own, cell -> cell.result("smartspec").latency() / cell.result("slo").latency()),
          mean(own, cell -> cell.result("adaspec").latency() / cell.result("slo").latency()));
    }
    out.format("%n");
  }

  private void bestFixed() {
    out.format("## Against the best fixed K of each cell, by mean latency%n");
    out.format("%n");
    out.format("Which K that is, is known only afterwards. Tie: the interval contains 1.%n");
    out.format("%n");
    out.format("| cell | best K | smartspec | adaspec | slo |%n");
    out.format("|---|---|---|---|---|%n");
    for (Cell cell : cells) {
      String best = cell.bestFixed();
      out.format(
          "| %s | %s | %s | %s | %s |%n",
          cell.name(),
          best,
          speedUp(cell.speedUp("smartspec", best)),
          speedUp(cell.speedUp("adaspec", best)),
          speedUp(cell.speedUp("slo", best)));
    }
    out.format("%n");
  }

  private static String speedUp(Interval interval) {
    Verdict verdict = Verdict.of(interval, 1, true);
    return String.format(
        Locale.ROOT,
        "%.3f [%.3f, %.3f] %s",
        interval.value(),
        interval.low(),
        interval.high(),
        verdict == Verdict.INCONCLUSIVE ? "tie" : verdict.text());
  }

  private static double mean(List<Cell> cells, ToDoubleFunction<Cell> figure) {
    return Math.exp(
        cells.stream()
            .mapToDouble(cell -> Math.log(figure.applyAsDouble(cell)))
            .average()
            .orElse(Double.NaN));
  }

  private void tables(String pair) {
    out.format("## %s%n", pair);
    out.format("%n");
    out.format(
        "![speed-up](%s-speed-up-%s.svg) ![attainment](%s-attainment-%s.svg)%n",
        NAME, pair, NAME, pair);
    out.format("%n");
    out.format(
        "| traffic, load, TPOT scale | figure | %s |%n",
        String.join(" | ", PaperReplication.STRATEGIES));
    out.format("|---|---|%s%n", "---|".repeat(PaperReplication.STRATEGIES.size()));
    for (Cell cell : cells) {
      if (cell.pair().equals(pair)) {
        String name = cell.traffic() + " " + cell.load() + " x" + cell.sloScale();
        row(cell, name, "SLO met %", "%.1f", r -> 100 * r.traffic().attainment());
        row(cell, "", "goodput tokens/s", "%.0f", r -> r.traffic().goodput());
        row(cell, "", "TTFT ms mean", "%.0f", r -> r.traffic().ttft().mean());
        row(cell, "", "TTFT ms p99", "%.0f", r -> r.traffic().ttft().p99());
        row(cell, "", "TPOT ms mean", "%.2f", r -> r.traffic().tpot().mean());
        row(cell, "", "TPOT ms p99", "%.2f", r -> r.traffic().tpot().p99());
        row(cell, "", "E2E s mean", "%.2f", r -> r.traffic().e2e().mean() / 1000);
        row(cell, "", "E2E s p99", "%.2f", r -> r.traffic().e2e().p99() / 1000);
      }
    }
    out.format("%n");
  }

  private void row(
      Cell cell, String name, String figure, String format, ToDoubleFunction<Cell.Result> value) {
    StringBuilder row = new StringBuilder("| " + name + " | " + figure + " |");
    for (String strategy : PaperReplication.STRATEGIES) {
      double number = value.applyAsDouble(cell.result(strategy));
      row.append(' ').append(String.format(Locale.ROOT, format, number)).append(" |");
    }
    text.append(row).append('\n');
  }

  private String csv() {
    StringBuilder out =
        new StringBuilder(
            "pair,traffic,load,tpot_scale,strategy,requests,attainment,ttft_attainment,"
                + "tpot_attainment,goodput,throughput,ttft_mean_ms,ttft_p99_ms,tpot_mean_ms,"
                + "tpot_p99_ms,e2e_mean_ms,e2e_p99_ms,acceptance_length,gain,worst_gain\n");
    for (Cell cell : cells) {
      cell.results().forEach((strategy, result) -> out.append(csv(cell, strategy, result)));
    }
    return out.toString();
  }

  private static String csv(Cell cell, String strategy, Cell.Result result) {
    var traffic = result.traffic();
    return String.format(
        Locale.ROOT,
        "%s,%s,%.2f,%.2f,%s,%d,%.4f,%.4f,%.4f,%.2f,%.2f,%.3f,%.3f,%.4f,%.4f,%.2f,%.2f,%.4f,%.4f,%.4f%n",
        cell.pair(),
        cell.traffic(),
        cell.load(),
        cell.sloScale(),
        strategy,
        traffic.requests(),
        traffic.attainment(),
        traffic.ttftAttainment(),
        traffic.tpotAttainment(),
        traffic.goodput(),
        traffic.throughput(),
        traffic.ttft().mean(),
        traffic.ttft().p99(),
        traffic.tpot().mean(),
        traffic.tpot().p99(),
        traffic.e2e().mean(),
        traffic.e2e().p99(),
        result.acceptanceLength(),
        result.gain(),
        result.worstGain());
  }

  /** A figure over the load, one line per strategy. */
  private void plot(
      Path folder,
      String pair,
      String kind,
      String axis,
      Function<Cell, ToDoubleFunction<String>> figure)
      throws IOException {
    Map<String, List<double[]>> lines = new LinkedHashMap<>();
    for (String strategy : PaperReplication.STRATEGIES) {
      List<double[]> points = new ArrayList<>();
      for (Cell cell : cells) {
        if (cell.pair().equals(pair) && cell.traffic().equals("poisson")) {
          points.add(new double[] {cell.load(), figure.apply(cell).applyAsDouble(strategy)});
        }
      }
      lines.put(strategy, points);
    }
    String svg = new LinePlot(pair, "load (share of plain capacity)", axis).draw(lines);
    Files.writeString(folder.resolve(NAME + "-" + kind + "-" + pair + ".svg"), svg);
  }
}
