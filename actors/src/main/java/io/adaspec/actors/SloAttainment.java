package io.adaspec.actors;

import io.adaspec.runtime.request.FinishReason;
import io.adaspec.runtime.request.ServiceClass;
import java.util.EnumMap;
import java.util.Map;

/**
 * How many of the requests that ended met all their latency targets, by class. Requests without
 * targets, cancelled ones and those lost to a slow consumer do not count. Immutable.
 *
 * @param byClass classes of which a request has ended
 */
public record SloAttainment(Map<ServiceClass, Share> byClass) {
  public SloAttainment {
    byClass = Map.copyOf(byClass);
  }

  /**
   * Requests of one class.
   *
   * @param requests ended with targets
   * @param met of these, requests that met all
   */
  public record Share(long requests, long met) {}

  /** Nothing has ended. */
  public static SloAttainment none() {
    return new SloAttainment(Map.of());
  }

  /** With one more request. */
  SloAttainment ended(GenerationSummary summary) {
    boolean hasTarget = summary.slo().hasTtft() || summary.slo().hasTpot();
    boolean counts =
        switch (summary.reason()) {
          case STOP, LENGTH, FAILED -> true;
          case CANCELLED, SLOW_CONSUMER -> false;
        };
    if (!hasTarget || !counts) {
      return this;
    }
    Share before = byClass.getOrDefault(summary.serviceClass(), new Share(0, 0));
    boolean met = summary.metSlo() && summary.reason() != FinishReason.FAILED;
    Map<ServiceClass, Share> next = new EnumMap<>(ServiceClass.class);
    next.putAll(byClass);
    next.put(
        summary.serviceClass(), new Share(before.requests() + 1, before.met() + (met ? 1 : 0)));
    return new SloAttainment(next);
  }
}
