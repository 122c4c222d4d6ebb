package io.adaspec.api.cli;

import io.adaspec.runtime.simulation.Outcome;
import io.adaspec.runtime.simulation.Scenario;
import io.adaspec.runtime.simulation.StepTally;
import io.adaspec.runtime.simulation.Trace;
import io.adaspec.runtime.simulation.TrafficReport;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Shows outcomes of a scenario side by side. */
final class SimulationReport {
  private SimulationReport() {}

  static Map<String, Object> json(Scenario scenario, List<Outcome> outcomes) {
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("scenario", scenario.name());
    report.put("description", scenario.description());
    report.put("device", scenario.device());
    report.put("devices", scenario.devices());
    report.put("seed", scenario.seed());
    report.put("seconds", scenario.seconds());
    Map<String, String> traces = new LinkedHashMap<>();
    scenario.traces().forEach(trace -> traces.put(trace.name(), origin(trace)));
    report.put("traces", traces);
    report.put("policies", outcomes.stream().map(SimulationReport::json).toList());
    return report;
  }

  private static String origin(Trace trace) {
    return trace.recorded() ? "as recorded" : "generated";
  }

  private static Map<String, Object> json(Outcome outcome) {
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("policy", outcome.policy());
    report.putAll(json(outcome.all()));
    Map<String, Object> classes = new LinkedHashMap<>();
    outcome
        .byClass()
        .forEach((name, own) -> classes.put(name.name().toLowerCase(Locale.ROOT), json(own)));
    report.put("classes", classes);
    report.put("steps", json(outcome.steps(), outcome.seconds()));
    return report;
  }

  private static Map<String, Object> json(TrafficReport traffic) {
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("requests", traffic.requests());
    report.put("refused", traffic.refused());
    report.put("slo_attainment", traffic.attainment());
    report.put("ttft_attainment", traffic.ttftAttainment());
    report.put("tpot_attainment", traffic.tpotAttainment());
    report.put("goodput_tokens_per_second", traffic.goodput());
    report.put("tokens_per_second", traffic.throughput());
    report.put("ttft_ms", json(traffic.ttft()));
    report.put("tpot_ms", json(traffic.tpot()));
    report.put("e2e_ms", json(traffic.e2e()));
    return report;
  }

  private static Map<String, Object> json(TrafficReport.Spread spread) {
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("mean", spread.mean());
    report.put("median", spread.median());
    report.put("p99", spread.p99());
    return report;
  }

  private static Map<String, Object> json(StepTally steps, double seconds) {
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("count", steps.steps());
    report.put("busy_share", steps.busyNanos() / 1e9 / seconds);
    report.put("draft_tokens", steps.draftedTokens());
    report.put("verified_tokens", steps.verifiedTokens());
    report.put("accepted_tokens", steps.acceptedTokens());
    report.put("acceptance_length", steps.acceptanceLength());
    report.put("gain_over_plain", steps.gain());
    report.put("worst_gain_over_1000_steps", steps.worstGain());
    report.put("preemptions", steps.preemptions());
    return report;
  }

  static void print(Scenario scenario, List<Outcome> outcomes, PrintWriter out) {
    out.println(scenario.name() + ": " + scenario.description());
    out.printf(
        Locale.ROOT,
        "%d x %s, %.0f s of arrivals, seed %d%s%n%n",
        scenario.devices(),
        scenario.device(),
        scenario.seconds(),
        scenario.seed(),
        scenario.traces().stream()
            .map(trace -> ", trace " + trace.name() + " " + origin(trace))
            .collect(Collectors.joining()));
    out.println(
        "                                 SLO met  goodput   TTFT ms          TPOT ms         "
            + "E2E s          accepted  gain over plain");
    out.println(
        "policy           class  requests    %     tokens/s  mean     p99    mean     p99    "
            + "mean    p99    length    mean  worst");
    for (Outcome outcome : outcomes) {
      StepTally steps = outcome.steps();
      row(outcome.policy(), "all", outcome.all(), out);
      out.printf(
          Locale.ROOT,
          "  %6.2f   %6.3f %6.3f%n",
          steps.acceptanceLength(),
          steps.gain(),
          steps.worstGain());
      if (outcome.byClass().size() > 1) {
        outcome
            .byClass()
            .forEach(
                (name, own) -> {
                  row("", name.name().toLowerCase(Locale.ROOT), own, out);
                  out.println();
                });
      }
    }
  }

  private static void row(String policy, String group, TrafficReport traffic, PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "%-16s %-12s %5d %5.1f %9.1f %8.1f %8.1f %7.2f %7.2f %7.2f %7.2f",
        policy,
        group,
        traffic.requests(),
        100 * traffic.attainment(),
        traffic.goodput(),
        traffic.ttft().mean(),
        traffic.ttft().p99(),
        traffic.tpot().mean(),
        traffic.tpot().p99(),
        traffic.e2e().mean() / 1000,
        traffic.e2e().p99() / 1000);
  }
}
