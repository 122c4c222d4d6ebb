package io.adaspec.api.metrics;

import static java.util.Map.entry;

import io.adaspec.actors.GenerationSummary;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.speculation.StepReport;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;

/** Histograms of request and step times, in seconds. */
final class LatencyMeters {
  /** 1, 2, 5 from 100 µs to 500 s. */
  private static final Duration[] BUCKETS =
      LongStream.iterate(100_000, nanos -> nanos <= 100_000_000_000L, nanos -> nanos * 10)
          .flatMap(nanos -> LongStream.of(nanos, 2 * nanos, 5 * nanos))
          .mapToObj(Duration::ofNanos)
          .toArray(Duration[]::new);

  /** By name without prefix. */
  private static final Map<String, String> DESCRIPTIONS =
      Map.ofEntries(
          entry("time_to_first_token", "From arrival to the first token"),
          entry("time_per_output_token", "Mean over a request's tokens after the first"),
          entry("request_time_per_output_token", "Mean over a request's tokens after the first"),
          entry("inter_token_latency", "Between two steps that gave a request output"),
          entry("e2e_request_latency", "From arrival to the end"),
          entry("request_queue_time", "From arrival to the first step"),
          entry("request_prefill_time", "From the first step to the first token"),
          entry("request_decode_time", "From the first token to the end"),
          entry("step", "From planning a step to committing its result"),
          entry("step_overhead", "Of that, outside the device's own work"),
          entry("step_prediction_error", "Predicted step time off the measured one"));

  private final MeterRegistry registry;
  private final Tags model;
  private final Map<ServiceClass, Timer> gaps = new EnumMap<>(ServiceClass.class);
  private final Timer allGaps;

  LatencyMeters(MeterRegistry registry, Tags model) {
    this.registry = registry;
    this.model = model;
    for (ServiceClass each : ServiceClass.values()) {
      Tags tags = model.and(EngineMetrics.serviceClass(each));
      gaps.put(each, timer("adaspec_inter_token_latency", tags));
    }
    allGaps = timer("vllm:inter_token_latency", model);
  }

  /** A request that ended by itself. */
  void record(GenerationSummary summary, Tags byClass) {
    request("time_to_first_token", byClass, summary.ttftNanos());
    if (summary.outputTokens() > 1) {
      request("time_per_output_token", byClass, summary.tpotNanos());
      record("vllm:request_time_per_output_token", model, summary.tpotNanos());
    }
    record("vllm:time_to_first_token", model, summary.ttftNanos());
    both("e2e_request_latency", byClass, summary.e2eNanos());
    both("request_queue_time", byClass, summary.queueWaitNanos());
    both("request_prefill_time", byClass, summary.ttftNanos() - summary.queueWaitNanos());
    both("request_decode_time", byClass, summary.e2eNanos() - summary.ttftNanos());
  }

  /**
   * The time between two steps that gave a request output. Tokens of one step arrive together and
   * make one gap, as vLLM counts: with speculation there are fewer and longer gaps than tokens, and
   * the mean time per token is in {@code time_per_output_token}.
   */
  void recordGap(ServiceClass serviceClass, long nanos) {
    Objects.requireNonNull(gaps.get(serviceClass)).record(nanos, TimeUnit.NANOSECONDS);
    allGaps.record(nanos, TimeUnit.NANOSECONDS);
  }

  /** A step: how long it took, what the actor path added, how far the prediction was off. */
  void recordStep(String device, StepReport report) {
    Tags tags = model.and("device", device);
    record("adaspec_step", tags, report.totalNanos());
    record("adaspec_step_overhead", tags, report.totalNanos() - report.executeNanos());
    record(
        "adaspec_step_prediction_error",
        tags,
        Math.abs(Math.round(report.predictedNanos()) - report.totalNanos()));
  }

  private void both(String name, Tags byClass, long nanos) {
    request(name, byClass, nanos);
    record("vllm:" + name, model, nanos);
  }

  private void request(String name, Tags byClass, long nanos) {
    record("adaspec_" + name, byClass, nanos);
  }

  private void record(String name, Tags tags, long nanos) {
    timer(name, tags).record(Math.max(0, nanos), TimeUnit.NANOSECONDS);
  }

  private Timer timer(String name, Tags tags) {
    String description = DESCRIPTIONS.get(name.substring(AliasedMeters.prefix(name).length()));
    return Timer.builder(name)
        .tags(tags)
        .description(Objects.requireNonNull(description, name))
        .serviceLevelObjectives(BUCKETS)
        .register(registry);
  }
}
