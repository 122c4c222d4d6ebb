package io.adaspec.runtime.speculation.control;

import java.util.List;
import java.util.Optional;

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
 * after such a gift doubles the wait for the next, up to {@value #MOST_RELAPSES} times. Caps that
 * the operator fixed stay. Immutable.
 *
 * @param changedNanos when a cap was last changed
 * @param goodSinceNanos since when all keep their pace; {@link Long#MAX_VALUE} when somebody does
 *     not
 * @param relapses gifts in a row that had to be taken back
 * @param given whether the last change was a gift
 */
record CapControl(long changedNanos, long goodSinceNanos, int relapses, boolean given) {
  private static final double LATE = 0.9;
  private static final double WORTH_KEEPING = 1.2;
  private static final double GOOD = 0.98;
  private static final long DWELL_NANOS = 1_000_000_000L;
  private static final long RECOVERY_NANOS = 5_000_000_000L;
  private static final int MOST_RELAPSES = 4;

  /** One class gets another cap. */
  record Change(int ofClass, int cap, ControlReason reason) {}

  /** The control after a look, and what it changes. */
  record Verdict(CapControl control, Optional<Change> change) {}

  static CapControl begin(long nowNanos) {
    return new CapControl(nowNanos, nowNanos, 0, false);
  }

  /**
   * After a look.
   *
   * @param classes highest first
   * @param most the policy's own cap
   */
  Verdict next(List<ClassControl> classes, int most, long nowNanos) {
    boolean good = true;
    int late = classes.size();
    for (int i = 0; i < classes.size(); i++) {
      double pace = classes.get(i).slo().pace();
      good &= pace >= GOOD;
      late = pace < LATE ? Math.min(late, i) : late;
    }
    long since = good ? Math.min(goodSinceNanos, nowNanos) : Long.MAX_VALUE;
    CapControl looked = new CapControl(changedNanos, since, relapses, given);
    if (nowNanos - changedNanos < DWELL_NANOS) {
      return new Verdict(looked, Optional.empty());
    }
    if (late < classes.size()) {
      return looked.cut(classes, late, most, nowNanos);
    }
    boolean patient =
        good && nowNanos - Math.max(since, changedNanos) >= RECOVERY_NANOS << relapses;
    return patient ? looked.give(classes, most, nowNanos) : new Verdict(looked, Optional.empty());
  }

  private Verdict cut(List<ClassControl> classes, int late, int most, long nowNanos) {
    for (int i = classes.size() - 1; i > late; i--) {
      int cap = Math.min(classes.get(i).policy().draftCap(), most);
      boolean drafts = cap > 0 && classes.get(i).slo().drafts() > 0;
      if (drafts
          && !(classes.get(i).gain() >= WORTH_KEEPING)
          && !classes.get(i).policy().capFixed()) {
        boolean relapse = given && nowNanos - changedNanos < RECOVERY_NANOS;
        int more = relapse ? Math.min(MOST_RELAPSES, relapses + 1) : relapses;
        return new Verdict(
            new CapControl(nowNanos, Long.MAX_VALUE, more, false),
            Optional.of(new Change(i, cap / 2, ControlReason.HIGHER_CLASS_LATE)));
      }
    }
    return new Verdict(this, Optional.empty());
  }

  private Verdict give(List<ClassControl> classes, int most, long nowNanos) {
    for (int i = 0; i < classes.size(); i++) {
      int cap = classes.get(i).policy().draftCap();
      if (cap < most && !classes.get(i).policy().capFixed()) {
        int longer = Math.min(most, Math.max(1, 2 * cap));
        return new Verdict(
            new CapControl(nowNanos, goodSinceNanos, relapses, true),
            Optional.of(new Change(i, longer, ControlReason.PACE_REGAINED)));
      }
    }
    return new Verdict(new CapControl(changedNanos, goodSinceNanos, 0, given), Optional.empty());
  }
}
