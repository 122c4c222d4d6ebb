package io.adaspec.runtime.time;

/** A clock that moves only when told to; for simulation and tests. Not thread-safe. */
public final class VirtualClock implements NanoClock {
  private long nowNanos;

  public VirtualClock(long startNanos) {
    this.nowNanos = startNanos;
  }

  @Override
  public long nanoTime() {
    return nowNanos;
  }

  /** Moves forward by {@code nanos ≥ 0}. */
  public void advance(long nanos) {
    if (nanos < 0) {
      throw new IllegalArgumentException("a clock cannot go back by " + -nanos + " ns");
    }
    nowNanos = Math.addExact(nowNanos, nanos);
  }

  /** Moves forward to {@code nanos}; stays where it is when that is past. */
  public void advanceTo(long nanos) {
    nowNanos = Math.max(nowNanos, nanos);
  }
}
