package io.adaspec.api.metrics;

import io.adaspec.actors.GenerationSummary;
import io.adaspec.runtime.speculation.StepReport;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
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

  private final MeterRegistry registry;
  private final Tags model;

  LatencyMeters(MeterRegistry registry, Tags model) {
    this.registry = registry;
    this.model = model;
  }

  /** A request that ended by itself. */
  void record(GenerationSummary summary, Tags byClass) {
    request("time_to_first_token", byClass, summary.ttftNanos());
    if (summary.outputTokens() > 1) {
      request("time_per_output_token", byClass, summary.tpotNanos());
      record("vllm:inter_token_latency", model, summary.tpotNanos());
    }
    record("vllm:time_to_first_token", model, summary.ttftNanos());
    both("e2e_request_latency", byClass, summary.e2eNanos());
    both("request_queue_time", byClass, summary.queueWaitNanos());
    both("request_prefill_time", byClass, summary.ttftNanos() - summary.queueWaitNanos());
    both("request_decode_time", byClass, summary.e2eNanos() - summary.ttftNanos());
  }

  /** A step: how long it took, what the actor path added, how far the prediction was off. */
  void recordStep(String device, StepReport report, long turnaroundNanos) {
    Tags tags = model.and("device", device);
    record("adaspec_step", tags, turnaroundNanos);
    record("adaspec_step_overhead", tags, turnaroundNanos - report.totalNanos());
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
    Timer.builder(name)
        .tags(tags)
        .serviceLevelObjectives(BUCKETS)
        .register(registry)
        .record(Math.max(0, nanos), TimeUnit.NANOSECONDS);
  }
}
