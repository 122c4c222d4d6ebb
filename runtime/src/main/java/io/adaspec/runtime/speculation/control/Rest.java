package io.adaspec.runtime.speculation.control;

import java.util.Optional;

/**
 * Whether one drafter rests for one class. With hysteresis in level and time:
 *
 * <ul>
 *   <li>It is sent to rest when the upper bound of its gain is below 1, that is when it surely
 *       loses; under overload already when the lower bound is not above 1; and, if it holds memory,
 *       when the strategy has hardly used it for {@value #IDLE_NANOS} ns. Not before it has worked
 *       for {@value #DWELL_NANOS} ns.
 *   <li>It is tried again after {@value #DWELL_NANOS} ns when a step holds half as many sequences
 *       as when it was sent to rest, because what does not pay for many may pay for few; else after
 *       {@value #REST_NANOS} ns, or, after {@value #DWELL_NANOS} ns, when an overload for which it
 *       rests is over. The latter two times double with every trial in a row that ended within
 *       {@value #PROVING_NANOS} ns, up to {@value #MOST_DOUBLINGS} times.
 * </ul>
 *
 * <p>So it changes at most twice in {@code 2 ·} {@value #DWELL_NANOS} ns, and seldom after trials
 * that failed. Immutable.
 *
 * @param rests whether it rests
 * @param sinceNanos since when it rests or works
 * @param failures rests in a row
 * @param restedLoad decoding sequences of a step when it was sent to rest
 * @param forOverload whether it rests because of an overload
 */
record Rest(boolean rests, long sinceNanos, int failures, double restedLoad, boolean forOverload) {
  static final long DWELL_NANOS = 1_000_000_000L;
  private static final long IDLE_NANOS = 10_000_000_000L;
  private static final long REST_NANOS = 5_000_000_000L;
  private static final long PROVING_NANOS = 60_000_000_000L;
  private static final int MOST_DOUBLINGS = 2;
  private static final double FEWER = 0.5;

  /** What becomes of it, and why if it changes. */
  record Verdict(Rest rest, Optional<ControlReason> reason) {}

  static Rest working(long nowNanos) {
    return new Rest(false, nowNanos, 0, 0, false);
  }

  /**
   * After a look.
   *
   * @param holdsMemory whether a drafter that is hardly used had better let go of its memory
   */
  Verdict next(Evidence evidence, boolean holdsMemory, LoadWindow load, long nowNanos) {
    long age = nowNanos - sinceNanos;
    if (rests) {
      return rested(age, load, nowNanos);
    }
    if (age < DWELL_NANOS) {
      return new Verdict(this, Optional.empty());
    }
    if (evidence.gainHigh() < 1) {
      return sent(ControlReason.DRAFTS_LOSE, load, age, nowNanos);
    }
    if (holdsMemory && evidence.isIdle() && age >= IDLE_NANOS) {
      return sent(ControlReason.DRAFTS_IDLE, load, age, nowNanos);
    }
    if (load.overloaded() && evidence.gainLow() <= 1) {
      return sent(ControlReason.OVERLOAD, load, age, nowNanos);
    }
    return new Verdict(this, Optional.empty());
  }

  private Verdict sent(ControlReason reason, LoadWindow load, long age, long nowNanos) {
    int inARow = age < PROVING_NANOS ? failures + 1 : 1;
    boolean overload = reason == ControlReason.OVERLOAD;
    return new Verdict(
        new Rest(true, nowNanos, inARow, load.decoding(), overload), Optional.of(reason));
  }

  private Verdict rested(long age, LoadWindow load, long nowNanos) {
    int doublings = Math.clamp(failures - 1L, 0, MOST_DOUBLINGS);
    boolean fewer = load.hasFallen(restedLoad, FEWER);
    if (age < (fewer ? DWELL_NANOS : DWELL_NANOS << doublings)) {
      return new Verdict(this, Optional.empty());
    }
    boolean fell = fewer || (forOverload && !load.overloaded());
    if (!fell && age < REST_NANOS << doublings) {
      return new Verdict(this, Optional.empty());
    }
    return new Verdict(
        new Rest(false, nowNanos, failures, restedLoad, false),
        Optional.of(fell ? ControlReason.LOAD_FELL : ControlReason.TRIAL));
  }
}
