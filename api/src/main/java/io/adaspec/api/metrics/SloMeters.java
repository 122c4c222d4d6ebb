package io.adaspec.api.metrics;

import io.adaspec.actors.GenerationSummary;
import io.adaspec.actors.SloAttainment;
import io.adaspec.runtime.request.ServiceClass;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/**
 * Latency targets by service class: attainment, goodput, and how much of a target was used.
 * Thread-safe.
 *
 * <p>Counters run since the start: the rate of {@code adaspec_goodput_tokens_total} over any window
 * is the goodput of that window, the share of {@code met="true"} in {@code
 * adaspec_slo_requests_total} its attainment. The gauges are the engine's own last minute; they are
 * NaN where no request of the class ended in it.
 */
final class SloMeters {
  private final Map<ServiceClass, ClassMeters> byClass = new EnumMap<>(ServiceClass.class);

  SloMeters(MeterRegistry registry, Tags model) {
    for (ServiceClass each : ServiceClass.values()) {
      byClass.put(each, new ClassMeters(registry, model.and(EngineMetrics.serviceClass(each))));
    }
  }

  /** A request that ended. */
  void ended(GenerationSummary summary) {
    if (summary.isJudged()) {
      of(summary.serviceClass()).ended(summary);
    }
  }

  /** The engine's account of the last minute. */
  void update(SloAttainment attainment) {
    byClass.forEach((serviceClass, meters) -> meters.update(serviceClass, attainment));
  }

  private ClassMeters of(ServiceClass serviceClass) {
    return Objects.requireNonNull(byClass.get(serviceClass));
  }

  private static final class ClassMeters {
    private final Counter met;
    private final Counter missed;
    private final Counter goodput;
    private final DistributionSummary ttftUsed;
    private final DistributionSummary tpotUsed;
    private volatile double recentAttainment = Double.NaN;
    private volatile double recentGoodput = Double.NaN;

    ClassMeters(MeterRegistry registry, Tags tags) {
      String requests = "Requests with targets that ended, failed ones among them";
      met = AliasedMeters.ownCounter(registry, "slo_requests", requests, tags.and("met", "true"));
      missed =
          AliasedMeters.ownCounter(registry, "slo_requests", requests, tags.and("met", "false"));
      goodput =
          AliasedMeters.ownCounter(
              registry,
              "goodput_tokens",
              "Output tokens of requests that met all their targets",
              tags);
      ttftUsed = used(registry, tags.and("target", "ttft"));
      tpotUsed = used(registry, tags.and("target", "tpot"));
      AliasedMeters.ownGauge(
          registry,
          "slo_attainment_ratio",
          "Share of the requests of the last minute that met all their targets",
          tags,
          this,
          state -> state.recentAttainment);
      AliasedMeters.ownGauge(
          registry,
          "goodput_tokens_per_second",
          "Output tokens per second of requests that met all their targets, in the last minute",
          tags,
          this,
          state -> state.recentGoodput);
    }

    private static DistributionSummary used(MeterRegistry registry, Tags tags) {
      return DistributionSummary.builder("adaspec_slo_target_used")
          .tags(tags)
          .description("What a request took, as a share of its target; above 1 it was late")
          .serviceLevelObjectives(0.1, 0.25, 0.5, 0.75, 0.9, 1, 1.1, 1.5, 2, 4, 8)
          .register(registry);
    }

    void ended(GenerationSummary summary) {
      if (!summary.metSlo()) {
        missed.increment();
      } else {
        met.increment();
        goodput.increment(summary.outputTokens());
      }
      if (summary.slo().hasTtft() && summary.ttftNanos() > 0) {
        ttftUsed.record((double) summary.ttftNanos() / summary.slo().ttftNanos());
      }
      if (summary.slo().hasTpot() && summary.tpotNanos() > 0) {
        tpotUsed.record((double) summary.tpotNanos() / summary.slo().tpotNanos());
      }
    }

    void update(ServiceClass serviceClass, SloAttainment attainment) {
      SloAttainment.Share share = attainment.recent().get(serviceClass);
      if (share == null || share.requests() == 0) {
        recentAttainment = Double.NaN;
        recentGoodput = Double.NaN;
      } else {
        recentAttainment = share.attainment();
        recentGoodput = attainment.recentGoodput(serviceClass);
      }
    }
  }
}
