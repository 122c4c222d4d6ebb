package io.adaspec.runtime.simulation;

import io.adaspec.runtime.request.ServiceClass;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What a policy made of a scenario.
 *
 * @param policy the strategy
 * @param records of all requests
 * @param steps in numbers
 * @param seconds from the start to the last token, and at least as long as requests arrived
 */
public record Outcome(String policy, List<RequestRecord> records, StepTally steps, double seconds) {
  static Outcome of(String policy, EngineSimulation engine, double arrivalSeconds) {
    List<RequestRecord> records = List.copyOf(engine.records());
    long last = records.stream().mapToLong(RequestRecord::lastTokenNanos).max().orElse(0);
    return new Outcome(policy, records, engine.steps(), Math.max(arrivalSeconds, last / 1e9));
  }

  /** How all requests were served. */
  public TrafficReport all() {
    return TrafficReport.of(records, seconds);
  }

  /** The same for every class that had requests. */
  public Map<ServiceClass, TrafficReport> byClass() {
    Map<ServiceClass, TrafficReport> reports = new EnumMap<>(ServiceClass.class);
    for (ServiceClass each : ServiceClass.values()) {
      List<RequestRecord> own =
          records.stream().filter(r -> r.request().serviceClass() == each).toList();
      if (!own.isEmpty()) {
        reports.put(each, TrafficReport.of(own, seconds));
      }
    }
    return reports;
  }
}
