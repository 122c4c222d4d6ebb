package io.adaspec.runtime.request;

/**
 * Latency targets of one request.
 *
 * @param ttftNanos from arrival to the first token; {@link #NONE} when there is no target
 * @param tpotNanos mean time per output token after the first; {@link #NONE} when there is no
 *     target
 */
public record SloTarget(long ttftNanos, long tpotNanos) {
  /** No target. */
  public static final long NONE = Long.MAX_VALUE;

  public SloTarget {
    if (ttftNanos <= 0 || tpotNanos <= 0) {
      throw new IllegalArgumentException(
          "SLO targets must be positive, not ttft " + ttftNanos + " ns, tpot " + tpotNanos + " ns");
    }
  }

  /** Best effort. */
  public static SloTarget none() {
    return new SloTarget(NONE, NONE);
  }

  public boolean hasTtft() {
    return ttftNanos != NONE;
  }

  public boolean hasTpot() {
    return tpotNanos != NONE;
  }
}
