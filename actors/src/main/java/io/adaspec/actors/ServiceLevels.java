package io.adaspec.actors;

import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import java.util.EnumMap;
import java.util.Map;

/**
 * The latency targets that requests of a class have where they state none of their own. They steer
 * order and speculation and are what attainment is measured by; a request is refused as too late
 * only for targets of its own.
 *
 * @param targets of every class
 */
public record ServiceLevels(Map<ServiceClass, SloTarget> targets) {
  public ServiceLevels {
    Map<ServiceClass, SloTarget> complete = new EnumMap<>(ServiceClass.class);
    for (ServiceClass each : ServiceClass.values()) {
      complete.put(each, targets.getOrDefault(each, SloTarget.none()));
    }
    targets = Map.copyOf(complete);
  }

  /** No class has targets. */
  public static ServiceLevels none() {
    return new ServiceLevels(Map.of());
  }

  /** The request with its class's target in place of each that it does not state. */
  InferenceRequest complete(InferenceRequest request) {
    SloTarget own = request.slo();
    SloTarget level = targets.getOrDefault(request.serviceClass(), SloTarget.none());
    return request.withSlo(
        new SloTarget(
            own.hasTtft() ? own.ttftNanos() : level.ttftNanos(),
            own.hasTpot() ? own.tpotNanos() : level.tpotNanos()));
  }
}
