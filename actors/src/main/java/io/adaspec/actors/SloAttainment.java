package io.adaspec.actors;

import io.adaspec.runtime.request.ServiceClass;
import java.time.Duration;
import java.util.Map;

/**
 * How many of the requests that ended met all their latency targets, and the output of those, by
 * class. Requests without targets, cancelled ones and those lost to a slow consumer do not count.
 * Immutable.
 *
 * @param byClass since the start: classes of which a request has ended
 * @param over time since the start
 * @param recent the same for the last minute
 * @param recentOver the part of that minute which has passed
 */
public record SloAttainment(
    Map<ServiceClass, Share> byClass,
    Duration over,
    Map<ServiceClass, Share> recent,
    Duration recentOver) {
  private static final double NANOS_PER_SECOND = 1e9;

  public SloAttainment {
    byClass = Map.copyOf(byClass);
    recent = Map.copyOf(recent);
  }

  /**
   * Requests of one class.
   *
   * @param requests ended with targets
   * @param met of these, requests that met all
   * @param outputTokens output tokens of all of them
   * @param metOutputTokens of these, tokens of requests that met all
   */
  public record Share(long requests, long met, long outputTokens, long metOutputTokens) {
    static final Share NONE = new Share(0, 0, 0, 0);

    /** Share of requests that met all targets, 0 to 1; 1 where none has ended. */
    public double attainment() {
      return requests == 0 ? 1 : (double) met / requests;
    }

    Share plus(Share other) {
      return new Share(
          requests + other.requests,
          met + other.met,
          outputTokens + other.outputTokens,
          metOutputTokens + other.metOutputTokens);
    }

    Share minus(Share other) {
      return new Share(
          requests - other.requests,
          met - other.met,
          outputTokens - other.outputTokens,
          metOutputTokens - other.metOutputTokens);
    }
  }

  /** Nothing has ended. */
  public static SloAttainment none() {
    return new SloAttainment(Map.of(), Duration.ZERO, Map.of(), Duration.ZERO);
  }

  /** Goodput of a class in the last minute, in output tokens per second. */
  public double recentGoodput(ServiceClass serviceClass) {
    Share share = recent.getOrDefault(serviceClass, Share.NONE);
    double seconds = recentOver.toNanos() / NANOS_PER_SECOND;
    return seconds > 0 ? share.metOutputTokens() / seconds : 0;
  }
}
