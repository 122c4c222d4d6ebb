package io.adaspec.runtime.speculation.control;

import java.util.ArrayList;
import java.util.List;

/**
 * Shortens the drafts of lower classes while a higher one falls behind its TPOT targets, and gives
 * them back when all have kept their pace for a while.
 *
 * <p>Drafts that lengthen a step for the sake of the whole are paid for by those whose tokens are
 * due, unless they gain so much that the whole load passes sooner. When less than {@value #LATE} of
 * a class keeps its pace, the lowest class below it whose drafts do not gain {@value
 * #WORTH_KEEPING} times the speed of plain decoding has its cap halved, at most once in {@value
 * #DWELL_NANOS} ns. When at least {@value #GOOD} of every class has kept its pace for {@value
 * #RECOVERY_NANOS} ns, the highest class that was cut gets its cap doubled. A cut within that time
 * after such a gift doubles the wait for the next, up to {@value #MOST_RELAPSES} times.
 *
 * <p>What was cut under load holds under load: while a step holds at most {@value #GONE} of the
 * sequences of the last cut, nobody's drafts are short, and from {@value #BACK} of them on they are
 * as short as they were. Caps that the operator fixed stay. Immutable.
 *
 * @param lifted caps by class, highest first, that hold again when load is back; empty while they
 *     hold
 * @param cutLoad decoding sequences of a step at the last cut
 * @param changedNanos when they were last changed
 * @param goodSinceNanos since when all keep their pace; {@link Long#MAX_VALUE} when somebody does
 *     not
 * @param relapses gifts in a row that had to be taken back
 * @param given whether the last change was a gift
 */
record CapControl(
    List<Integer> lifted,
    double cutLoad,
    long changedNanos,
    long goodSinceNanos,
    int relapses,
    boolean given) {
  private static final double LATE = 0.9;
  private static final double WORTH_KEEPING = 1.2;
  private static final double GOOD = 0.98;
  private static final double GONE = 0.125;
  private static final double BACK = 0.25;
  private static final long DWELL_NANOS = 1_000_000_000L;
  private static final long RECOVERY_NANOS = 5_000_000_000L;
  private static final int MOST_RELAPSES = 4;

  /** One class gets another cap. */
  record Change(int ofClass, int cap, ControlReason reason) {}

  /** The control after a look, and what it changes. */
  record Verdict(CapControl control, List<Change> changes) {}

  CapControl {
    lifted = List.copyOf(lifted);
  }

  static CapControl begin(long nowNanos) {
    return new CapControl(List.of(), 0, nowNanos, nowNanos, 0, false);
  }

  /**
   * After a look.
   *
   * @param classes highest first
   * @param most the policy's own cap
   */
  Verdict next(List<ClassControl> classes, int most, LoadWindow load, long nowNanos) {
    boolean good = true;
    int late = classes.size();
    for (int i = 0; i < classes.size(); i++) {
      double pace = classes.get(i).slo().pace();
      good &= pace >= GOOD;
      late = pace < LATE ? Math.min(late, i) : late;
    }
    long since = good ? Math.min(goodSinceNanos, nowNanos) : Long.MAX_VALUE;
    CapControl looked = new CapControl(lifted, cutLoad, changedNanos, since, relapses, given);
    if (nowNanos - changedNanos < DWELL_NANOS) {
      return new Verdict(looked, List.of());
    }
    if (!lifted.isEmpty() && load.decoding() >= BACK * cutLoad) {
      return looked.holding(classes, most, nowNanos);
    }
    if (late < classes.size()) {
      return looked.cut(classes, late, most, load, nowNanos);
    }
    if (lifted.isEmpty() && load.hasFallen(cutLoad, GONE)) {
      return looked.lifting(classes, most, nowNanos);
    }
    boolean patient =
        good && nowNanos - Math.max(since, changedNanos) >= RECOVERY_NANOS << relapses;
    return patient ? looked.give(classes, most, nowNanos) : new Verdict(looked, List.of());
  }

  /** One class that may be cut is. */
  private Verdict cut(
      List<ClassControl> classes, int late, int most, LoadWindow load, long nowNanos) {
    for (int i = classes.size() - 1; i > late; i--) {
      ClassControl lower = classes.get(i);
      int cap = Math.min(lower.policy().draftCap(), most);
      boolean drafts = cap > 0 && lower.slo().drafts() > 0;
      if (drafts && !(lower.gain() >= WORTH_KEEPING) && !lower.policy().capFixed()) {
        boolean relapse = given && nowNanos - changedNanos < RECOVERY_NANOS;
        int more = relapse ? Math.min(MOST_RELAPSES, relapses + 1) : relapses;
        return new Verdict(
            new CapControl(List.of(), load.decoding(), nowNanos, Long.MAX_VALUE, more, false),
            List.of(new Change(i, cap / 2, ControlReason.HIGHER_CLASS_LATE)));
      }
    }
    return new Verdict(this, List.of());
  }

  /** The highest class that was cut gets twice its cap, now or when load is back. */
  private Verdict give(List<ClassControl> classes, int most, long nowNanos) {
    for (int i = 0; i < classes.size(); i++) {
      if (isCut(classes, i, most)) {
        int longer = Math.clamp(2L * cap(classes, i), 1, most);
        return lifted.isEmpty()
            ? given(lifted, List.of(new Change(i, longer, ControlReason.PACE_REGAINED)), nowNanos)
            : given(with(lifted, i, longer), List.of(), nowNanos);
      }
    }
    return new Verdict(
        new CapControl(List.of(), 0, changedNanos, goodSinceNanos, 0, given), List.of());
  }

  private Verdict given(List<Integer> nowLifted, List<Change> changes, long nowNanos) {
    return new Verdict(
        new CapControl(nowLifted, cutLoad, nowNanos, goodSinceNanos, relapses, true), changes);
  }

  /** There is little load: nobody's drafts are short. */
  private Verdict lifting(List<ClassControl> classes, int most, long nowNanos) {
    List<Integer> caps = new ArrayList<>();
    List<Change> changes = new ArrayList<>();
    for (int i = 0; i < classes.size(); i++) {
      caps.add(cap(classes, i));
      if (isCut(classes, i, most)) {
        changes.add(new Change(i, most, ControlReason.LOAD_FELL));
      }
    }
    return changed(caps, changes, nowNanos);
  }

  /** Load is back: drafts are as short as they were. */
  private Verdict holding(List<ClassControl> classes, int most, long nowNanos) {
    List<Change> changes = new ArrayList<>();
    for (int i = 0; i < classes.size(); i++) {
      if (isCut(classes, i, most)) {
        changes.add(new Change(i, cap(classes, i), ControlReason.LOAD_RETURNED));
      }
    }
    return changed(List.of(), changes, nowNanos);
  }

  private Verdict changed(List<Integer> nowLifted, List<Change> changes, long nowNanos) {
    return new Verdict(
        new CapControl(nowLifted, cutLoad, nowNanos, goodSinceNanos, relapses, given), changes);
  }

  private boolean isCut(List<ClassControl> classes, int of, int most) {
    return cap(classes, of) < most && !classes.get(of).policy().capFixed();
  }

  /** The cap of a class under load. */
  private int cap(List<ClassControl> classes, int of) {
    return lifted.isEmpty() ? classes.get(of).policy().draftCap() : lifted.get(of);
  }

  private static List<Integer> with(List<Integer> caps, int of, int cap) {
    List<Integer> changed = new ArrayList<>(caps);
    changed.set(of, cap);
    return changed;
  }
}
