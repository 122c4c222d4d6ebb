package io.adaspec.actors;

import io.adaspec.actors.SloAttainment.Share;
import io.adaspec.runtime.request.ServiceClass;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Folds requests that ended into attainment by class, since the start and over the last minute. The
 * minute slides in pieces of five seconds: the totals are kept as they stood at each, and the last
 * minute is what came after the oldest. Immutable.
 *
 * @param total since the start
 * @param samples the totals as they stood, oldest first; never empty
 * @param startNanos when it began
 */
record SloHistory(Map<ServiceClass, Share> total, List<Sample> samples, long startNanos) {
  private static final long WINDOW_NANOS = Duration.ofMinutes(1).toNanos();
  private static final long SAMPLE_NANOS = Duration.ofSeconds(5).toNanos();

  SloHistory {
    total = Map.copyOf(total);
    samples = List.copyOf(samples);
  }

  /** The totals at one moment. */
  record Sample(long atNanos, Map<ServiceClass, Share> total) {
    Sample {
      total = Map.copyOf(total);
    }
  }

  static SloHistory begin(long nowNanos) {
    return new SloHistory(Map.of(), List.of(new Sample(nowNanos, Map.of())), nowNanos);
  }

  /** With one more request. */
  SloHistory ended(GenerationSummary summary) {
    if (!summary.isJudged()) {
      return this;
    }
    boolean met = summary.metSlo();
    long tokens = summary.outputTokens();
    Map<ServiceClass, Share> next = new EnumMap<>(ServiceClass.class);
    next.putAll(total);
    next.merge(
        summary.serviceClass(), new Share(1, met ? 1 : 0, tokens, met ? tokens : 0), Share::plus);
    return new SloHistory(next, samples, startNanos);
  }

  /** As time goes on; called more often than the minute slides. */
  SloHistory at(long nowNanos) {
    if (nowNanos - samples.getLast().atNanos() < SAMPLE_NANOS) {
      return this;
    }
    List<Sample> kept = new ArrayList<>(samples);
    kept.add(new Sample(nowNanos, total));
    while (nowNanos - kept.getFirst().atNanos() > WINDOW_NANOS && kept.size() > 1) {
      kept.removeFirst();
    }
    return new SloHistory(total, kept, startNanos);
  }

  SloAttainment attainment(long nowNanos) {
    Sample oldest = samples.getFirst();
    Map<ServiceClass, Share> recent = new EnumMap<>(ServiceClass.class);
    total.forEach(
        (each, share) ->
            recent.put(each, share.minus(oldest.total().getOrDefault(each, Share.NONE))));
    return new SloAttainment(
        total,
        Duration.ofNanos(nowNanos - startNanos),
        recent,
        Duration.ofNanos(nowNanos - oldest.atNanos()));
  }
}
