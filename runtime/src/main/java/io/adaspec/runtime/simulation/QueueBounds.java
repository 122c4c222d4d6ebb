package io.adaspec.runtime.simulation;

/**
 * How many may wait.
 *
 * @param maxRequests most waiting requests
 * @param maxTokens most prompt tokens of theirs together
 * @param maxLateness predicted waits above this many TTFT targets are refused
 */
public record QueueBounds(int maxRequests, long maxTokens, double maxLateness) {
  /** Nobody is refused. */
  public static QueueBounds none() {
    return new QueueBounds(Integer.MAX_VALUE - 1, Long.MAX_VALUE / 2, Double.POSITIVE_INFINITY);
  }
}
