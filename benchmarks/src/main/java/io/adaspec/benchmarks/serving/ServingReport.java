package io.adaspec.benchmarks.serving;

import io.adaspec.benchmarks.plot.LinePlot;
import io.adaspec.benchmarks.statistics.Interval;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Formatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Writes what a measurement says: tables with verdicts, and plots over the load. */
final class ServingReport {
  private static final String OURS = "slo";

  /** The promise: at most this much slower than plain decoding. */
  private static final double NEVER_SLOWER = 0.97;

  private final ServingPlan plan;
  private final Baseline baseline;
  private final List<Block> blocks;
  private final StringBuilder text = new StringBuilder();
  private final Formatter out = new Formatter(text, Locale.ROOT);

  ServingReport(ServingPlan plan, Baseline baseline, List<Block> blocks) {
    this.plan = plan;
    this.baseline = baseline;
    this.blocks = blocks;
  }

  /**
   * Writes {@code NAME.md} and {@code NAME-attainment.svg}, {@code NAME-goodput.svg}.
   *
   * @param heading title, command, date and machine
   */
  void write(Path folder, String name, String heading) throws IOException {
    out.format("%s%n%n", heading.strip());
    introduction(name);
    for (double load : plan.loads()) {
      figures(load);
      comparisons(load);
    }
    Files.writeString(folder.resolve(name + ".md"), text.toString().strip() + "\n");
    plot(folder.resolve(name + "-attainment.svg"), Figure.ATTAINMENT);
    plot(folder.resolve(name + "-goodput.svg"), Figure.GOODPUT);
  }

  private void introduction(String name) {
    out.format(
        "Plain decoding serves %.2f requests/s of %d prompt and %d output tokens in the fastest of"
            + " four closed loops (4 to 32 clients): a load of 1. A request alone has a TTFT of %.1f ms and a TPOT of %.2f"
            + " ms; targets are multiples of these, at the machine's speed of then (before each block it was"
            + " measured again, and rates and targets followed: %.2f to %.2f of it):%n%n",
        baseline.requestsPerSecond(),
        plan.promptTokens(),
        plan.outputTokens(),
        baseline.ttftMillis(),
        baseline.tpotMillis(),
        blocks.stream().mapToDouble(Block::speed).min().orElse(1),
        blocks.stream().mapToDouble(Block::speed).max().orElse(1));
    out.format("| class | share | TTFT target | TPOT target |%n|---|---|---|---|%n");
    for (TargetRule rule : plan.classes()) {
      SloTarget target = rule.target(baseline);
      out.format(
          "| %s | %s | %s x: %.0f ms | %s x: %.1f ms |%n",
          name(rule.serviceClass()),
          rule.share(),
          rule.ttftScale(),
          target.ttftNanos() / 1e6,
          rule.tpotScale(),
          target.tpotNanos() / 1e6);
    }
    out.format(
        "%nArrivals are Poisson and the same for every policy, which take turns in alternating order"
            + " within a block of %s s of arrivals and serve each to its end. Latencies count from"
            + " the intended arrival. Intervals are 95 %%, by bootstrap over blocks; *inconclusive*"
            + " where one contains what would make no difference. A ratio is first ÷ second. What"
            + " speculation gains or loses alone, whatever places a policy holds free, is the engine's own"
            + " reckoning: time that plain decoding of the same batches would have taken ÷ time of the steps.%n%n",
        plan.blockSeconds());
    out.format(
        "![SLO attainment over load](%s-attainment.svg) ![goodput](%s-goodput.svg)%n%n",
        name, name);
  }

  private List<Block> of(double load, String policy) {
    return blocks.stream()
        .filter(block -> block.load() == load && block.policy().equals(policy))
        .filter(block -> block.number() < complete(load))
        .sorted(java.util.Comparator.comparingInt(Block::number))
        .toList();
  }

  /** Blocks that every policy has served. */
  private long complete(double load) {
    return plan.policies().stream()
        .mapToLong(
            policy ->
                blocks.stream()
                    .filter(block -> block.load() == load && block.policy().equals(policy))
                    .count())
        .min()
        .orElse(0);
  }

  private void figures(double load) {
    List<String> policies = plan.policies();
    List<Block> first = of(load, policies.getFirst());
    out.format(
        "## Load %s: %d blocks, %d requests under each policy%n%n",
        load, first.size(), first.stream().mapToInt(block -> block.requests().size()).sum());
    out.format("| | %s |%n", String.join(" | ", policies));
    out.format("|---|%s%n", "---|".repeat(policies.size()));
    for (Figure figure : Figure.values()) {
      out.format("| %s |", figure.text());
      for (String policy : policies) {
        out.format(figure.isDifference() ? " %.1f |" : " %.2f |", figure.of(of(load, policy)));
      }
      out.format("%n");
    }
    out.format("| speculation against plain decoding of the same batches, worst block |");
    for (String policy : policies) {
      List<Block> own = of(load, policy);
      out.format(" %.3f, %.3f |", gain(own), worst(own));
    }
    out.format("%n");
    for (TargetRule rule : plan.classes()) {
      ServiceClass each = rule.serviceClass();
      out.format("| of it %s, SLO met %% |", name(each));
      for (String policy : policies) {
        List<Block> own = of(load, policy);
        double met = own.stream().mapToLong(block -> block.met(each)).sum();
        double all = own.stream().mapToLong(block -> block.of(each)).sum();
        out.format(" %.1f |", all == 0 ? 100 : 100 * met / all);
      }
      out.format("%n");
    }
    out.format("%n");
  }

  private void comparisons(double load) {
    List<String[]> pairs = pairs();
    if (pairs.isEmpty() || complete(load) < 1) {
      return;
    }
    List<String> names = pairs.stream().map(pair -> pair[0] + " / " + pair[1]).toList();
    out.format("| | %s |%n", String.join(" | ", names));
    out.format("|---|%s%n", "---|".repeat(pairs.size()));
    for (Figure figure : Figure.values()) {
      out.format(
          "| %s |", figure.isDifference() ? figure.text() + ", points apart" : figure.text());
      for (String[] pair : pairs) {
        Interval interval = figure.compare(of(load, pair[0]), of(load, pair[1]));
        out.format(
            figure.isDifference() ? " %+.1f [%+.1f, %+.1f] %s |" : " %.3f [%.3f, %.3f] %s |",
            interval.value(),
            interval.low(),
            interval.high(),
            figure.verdict(interval).text());
      }
      out.format("%n");
    }
    out.format("%n");
    if (plan.policies().contains(OURS) && !plan.policies().getFirst().equals(OURS)) {
      promise(load, plan.policies().getFirst());
    }
  }

  /** Everybody against the first, and ours against everybody else. */
  private List<String[]> pairs() {
    List<String[]> pairs = new ArrayList<>();
    String first = plan.policies().getFirst();
    for (String policy : plan.policies().subList(1, plan.policies().size())) {
      pairs.add(new String[] {policy, first});
    }
    if (plan.policies().contains(OURS)) {
      for (String policy : plan.policies()) {
        if (!policy.equals(OURS) && !policy.equals(first)) {
          pairs.add(new String[] {OURS, policy});
        }
      }
    }
    return pairs;
  }

  private void promise(double load, String first) {
    List<Block> own = of(load, OURS);
    List<Block> other = of(load, first);
    Interval rate = Figure.THROUGHPUT.compare(own, other);
    Interval pace = Figure.TPOT_MEAN.compare(other, own);
    out.format(
        "`slo` ≥ %.2f × `%s`: by output tokens/s %s, by mean TPOT %s; of speculation alone, by the"
            + " engine's reckoning, in the worst block %.3f.%n%n",
        NEVER_SLOWER, first, kept(rate), kept(pace), worst(own));
  }

  private static double gain(List<Block> blocks) {
    return blocks.stream().map(Block::steps).reduce(StepTime.NONE, StepTime::plus).gain();
  }

  private static double worst(List<Block> blocks) {
    return blocks.stream().mapToDouble(block -> block.steps().gain()).min().orElse(1);
  }

  private static String kept(Interval interval) {
    String verdict =
        interval.low() >= NEVER_SLOWER
            ? "holds"
            : interval.high() < NEVER_SLOWER ? "fails" : "inconclusive";
    return String.format(
        Locale.ROOT,
        "%s (%.3f [%.3f, %.3f])",
        verdict,
        interval.value(),
        interval.low(),
        interval.high());
  }

  private void plot(Path file, Figure figure) throws IOException {
    Map<String, List<double[]>> lines = new LinkedHashMap<>();
    for (String policy : plan.policies()) {
      lines.put(
          policy,
          plan.loads().stream()
              .sorted()
              .map(load -> new double[] {load, figure.of(of(load, policy))})
              .toList());
    }
    LinePlot plot = new LinePlot(figure.text(), "load (share of plain capacity)", figure.text());
    Files.writeString(file, plot.draw(lines));
  }

  private static String name(ServiceClass serviceClass) {
    return serviceClass.name().toLowerCase(Locale.ROOT);
  }
}
