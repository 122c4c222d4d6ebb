package io.adaspec.benchmarks.paper;

import io.adaspec.benchmarks.statistics.Interval;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.scheduler.SchedulerLimits;
import io.adaspec.runtime.simulation.Arrivals;
import io.adaspec.runtime.simulation.Lengths;
import io.adaspec.runtime.simulation.Outcome;
import io.adaspec.runtime.simulation.QueueBounds;
import io.adaspec.runtime.simulation.Scenario;
import io.adaspec.runtime.simulation.Traffic;
import io.adaspec.runtime.simulation.TrafficReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Interactive requests alone, and beside a batch job that fills the machine. */
final class MixedClasses {
  private static final double LOAD = 0.25;
  private static final int REQUESTS = 500;

  private MixedClasses() {}

  /**
   * One pair under {@code slo}.
   *
   * @param pair machine and models
   * @param interactiveAlone without batch traffic
   * @param interactiveWithBatch with it
   * @param batch the batch traffic itself
   * @param change of the interactive requests' attainment, by the batch traffic
   */
  record Comparison(
      String pair,
      TrafficReport interactiveAlone,
      TrafficReport interactiveWithBatch,
      TrafficReport batch,
      Interval change) {}

  static Comparison compare(String pair) {
    Outcome alone = scenario(pair, 0).run("slo");
    Outcome mixed = scenario(pair, 1).run("slo");
    return new Comparison(
        pair,
        report(alone, ServiceClass.INTERACTIVE),
        report(mixed, ServiceClass.INTERACTIVE),
        report(mixed, ServiceClass.BATCH),
        Sums.compare(
            interactive(mixed),
            interactive(alone),
            (with, without) -> with.attainment() - without.attainment()));
  }

  private static List<Sums> interactive(Outcome outcome) {
    return Sums.of(
        outcome.records().stream()
            .filter(r -> r.request().serviceClass() == ServiceClass.INTERACTIVE)
            .toList());
  }

  private static TrafficReport report(Outcome outcome, ServiceClass serviceClass) {
    return Optional.ofNullable(outcome.byClass().get(serviceClass)).orElseGet(outcome::all);
  }

  private static Scenario scenario(String pair, double batchLoad) {
    List<Traffic> traffic = new ArrayList<>();
    traffic.add(stream("people", ServiceClass.INTERACTIVE, LOAD, Traffic.Slo.scaled(10, 3)));
    if (batchLoad > 0) {
      traffic.add(stream("job", ServiceClass.BATCH, batchLoad, Traffic.Slo.none()));
    }
    Scenario unlimited = scenario(pair, 1, traffic);
    double seconds = REQUESTS / (LOAD * unlimited.capacity(Lengths.SPEC_BENCH));
    return scenario(pair, seconds, traffic);
  }

  private static Scenario scenario(String pair, double seconds, List<Traffic> traffic) {
    SchedulerLimits limits = new SchedulerLimits(256, 512, 32);
    return new Scenario(
        "mixed", "", "sim:" + pair, 1, 1, seconds, limits, QueueBounds.none(), traffic);
  }

  private static Traffic stream(
      String name, ServiceClass serviceClass, double load, Traffic.Slo slo) {
    Arrivals arrivals = new Arrivals.Phases(List.of(new Arrivals.Phase(3600, 0, load, 1)));
    return new Traffic(name, serviceClass, arrivals, Lengths.SPEC_BENCH, slo, 0);
  }
}
