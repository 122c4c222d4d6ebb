package io.adaspec.benchmarks.serving;

import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.SamplingParams;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * What an engine can do: closed loops of several numbers of clients, of which the fastest counts,
 * and requests that are alone. A loop also warms the engine up.
 */
final class BaselineMeasurement {
  /** A small model is served fastest by few at once, a large one by many. */
  private static final List<Integer> CLIENTS = List.of(4, 8, 16, 32);

  private static final int ALONE = 7;

  private static final int PIECE_CLIENTS = 8;
  private static final double PIECE_SHARE = 0.5;
  private static final double LEAST_PIECES_SECONDS = 0.7;

  /** The part of the loop in which clients fall out of step and kernels are compiled. */
  private static final double RAMP = 0.4;

  private final ServingEngine engine;
  private final ServingPlan plan;
  private final OpenLoopTraffic.PromptSource prompts;
  private final AtomicLong requests = new AtomicLong();

  BaselineMeasurement(
      ServingEngine engine, ServingPlan plan, OpenLoopTraffic.PromptSource prompts) {
    this.engine = engine;
    this.plan = plan;
    this.prompts = prompts;
  }

  /** Warms the engine up, for about {@code seconds}. */
  void warmUp(double seconds) {
    loop(CLIENTS.get(1), seconds);
  }

  /** Measures for about {@code seconds}. */
  Baseline measure(double seconds) {
    double capacity = 0;
    for (int clients : CLIENTS) {
      capacity = Math.max(capacity, loop(clients, seconds / CLIENTS.size()));
    }
    List<ServedAlone> alone = new ArrayList<>();
    for (int i = 0; i < ALONE; i++) {
      long start = engine.clock().nanoTime();
      ServingEngine.Delivery delivery = send(plan.outputTokens(), start).join();
      alone.add(
          new ServedAlone(
              (delivery.firstNanos() - start) / 1e6,
              (delivery.lastNanos() - delivery.firstNanos()) / 1e6 / (delivery.tokens() - 1)));
    }
    return new Baseline(
        capacity,
        median(alone, ServedAlone::ttftMillis),
        median(alone, ServedAlone::tpotMillis),
        pieceSeconds());
  }

  /** Median seconds of a fixed piece of work: some requests at once, of half the output tokens. */
  double pieceSeconds() {
    int tokens = Math.max(2, (int) (PIECE_SHARE * plan.outputTokens()));
    long start = engine.clock().nanoTime();
    List<Double> seconds = new ArrayList<>();
    long now = start;
    while (now - start < 1e9 * LEAST_PIECES_SECONDS) {
      long began = now;
      Stream.generate(() -> send(tokens, began))
          .limit(PIECE_CLIENTS)
          .toList()
          .forEach(CompletableFuture::join);
      now = engine.clock().nanoTime();
      seconds.add((now - began) / 1e9);
    }
    return median(seconds, Double::doubleValue);
  }

  private record ServedAlone(double ttftMillis, double tpotMillis) {}

  private static <T> double median(List<T> all, ToDoubleFunction<T> figure) {
    double[] sorted = all.stream().mapToDouble(figure).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  /**
   * Every client sends a request when its last one is served; first ones are of different lengths,
   * so that prefill and decoding mix as in open traffic.
   *
   * @return requests per second, by the output tokens of those that ended behind the ramp
   */
  private double loop(int count, double seconds) {
    long start = engine.clock().nanoTime();
    long counting = start + Math.round(1e9 * seconds * RAMP);
    long end = start + Math.round(1e9 * seconds);
    List<Long> ends = new ArrayList<>();
    List<CompletableFuture<Void>> clients = new ArrayList<>();
    for (int client = 0; client < count; client++) {
      int first = 1 + plan.outputTokens() * client / count;
      clients.add(next(first, end, ends));
    }
    clients.forEach(CompletableFuture::join);
    long[] counted =
        ends.stream().mapToLong(Long::longValue).filter(t -> t > counting).sorted().toArray();
    if (counted.length < 2) {
      throw new IllegalStateException(
          "fewer than two requests were served in "
              + seconds
              + " s; ask for shorter outputs or a longer --baseline-seconds");
    }
    long[] within = Arrays.stream(counted).filter(time -> time <= end).toArray();
    long[] used = within.length < 2 ? counted : within;
    return (used.length - 1) * 1e9 / (used[used.length - 1] - used[0]);
  }

  private CompletableFuture<Void> next(int outputTokens, long end, List<Long> ends) {
    long now = engine.clock().nanoTime();
    if (now >= end) {
      return CompletableFuture.completedFuture(null);
    }
    return send(outputTokens, now)
        .thenCompose(
            delivery -> {
              synchronized (ends) {
                ends.add(delivery.lastNanos());
              }
              return next(plan.outputTokens(), end, ends);
            });
  }

  private CompletableFuture<ServingEngine.Delivery> send(int outputTokens, long now) {
    long number = requests.getAndIncrement();
    return engine.stream(
        InferenceRequest.builder(
                "warm" + number,
                prompts.prompt(-1 - number, plan.promptTokens()),
                outputTokens,
                now)
            .sampling(SamplingParams.of(plan.temperature(), number))
            .cacheSalt("warm" + number)
            .build());
  }
}
