package io.adaspec.benchmarks.serving;

import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.request.SloTarget;
import io.adaspec.runtime.time.NanoClock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends requests to an engine under one policy: at their times, whatever became of those before
 * (open loop), or as fast as a number of clients get answers (closed loop). Used by one thread.
 */
final class LoadGenerator {
  /** Requests arrive this long after the first of them is built. */
  private static final long LEAD_NANOS = 1_000_000;

  private final ServingEngine engine;
  private final ServingPlan plan;
  private final Baseline baseline;

  LoadGenerator(ServingEngine engine, ServingPlan plan, Baseline baseline) {
    this.engine = engine;
    this.plan = plan;
    this.baseline = baseline;
  }

  /**
   * Open loop; returns when all are served.
   *
   * @throws IllegalStateException if a request was refused or failed
   */
  List<ServedRequest> serve(List<OpenLoopTraffic.Arrival> arrivals) {
    NanoClock clock = engine.clock();
    long start = clock.nanoTime() + LEAD_NANOS;
    List<CompletableFuture<ServedRequest>> answers = new ArrayList<>();
    for (OpenLoopTraffic.Arrival arrival : arrivals) {
      long due = start + Math.round(1e9 * arrival.seconds());
      waitUntil(clock, due);
      answers.add(send(arrival, due));
    }
    return answers.stream().map(CompletableFuture::join).toList();
  }

  private CompletableFuture<ServedRequest> send(OpenLoopTraffic.Arrival arrival, long dueNanos) {
    TargetRule rule = arrival.rule();
    SloTarget target = rule.target(baseline);
    String id = "r" + arrival.number();
    InferenceRequest request =
        InferenceRequest.builder(id, arrival.prompt(), plan.outputTokens(), dueNanos)
            .serviceClass(rule.serviceClass())
            .slo(target)
            .sampling(SamplingParams.of(plan.temperature(), arrival.number()))
            .cacheSalt(id) // nobody finds another's prefix
            .build();
    return engine.stream(request)
        .thenApply(
            delivery ->
                new ServedRequest(
                    rule.serviceClass(),
                    target,
                    delivery.tokens(),
                    (delivery.firstNanos() - dueNanos) / 1e6,
                    (delivery.lastNanos() - dueNanos) / 1e6));
  }

  private static void waitUntil(NanoClock clock, long nanos) {
    for (long left = nanos - clock.nanoTime(); left > 0; left = nanos - clock.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
