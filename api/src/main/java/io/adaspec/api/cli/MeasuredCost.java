package io.adaspec.api.cli;

import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.step.StepTiming;
import java.util.Map;
import java.util.TreeMap;

/**
 * What passes took, by their number of rows: the least measured of each number, straight lines
 * between, and beyond the largest in proportion to the rows. Context is not told apart.
 *
 * @param target nanoseconds of a target pass by rows; not empty once something was measured
 * @param draftNanos one draft pass of few rows
 * @param overheadNanos everything else of a step of one sequence
 */
record MeasuredCost(TreeMap<Integer, Double> target, double draftNanos, double overheadNanos)
    implements CostModel {

  /** Before anything is measured: every pass takes the same. */
  static MeasuredCost unknown() {
    return new MeasuredCost(new TreeMap<>(), Double.MAX_VALUE, Double.MAX_VALUE);
  }

  /** With one more measured step. */
  MeasuredCost with(StepTiming step) {
    TreeMap<Integer, Double> next = new TreeMap<>(target);
    next.merge(step.targetRows(), (double) step.verifyNanos(), Math::min);
    double draft =
        step.draftPasses() == 0 ? draftNanos : (double) step.draftNanos() / step.draftPasses();
    double overhead = (double) step.totalNanos() - step.draftNanos() - step.verifyNanos();
    return new MeasuredCost(
        next, Math.min(draftNanos, draft), Math.min(overheadNanos, Math.max(1, overhead)));
  }

  @Override
  public double targetPassNanos(int rows, long contextTokens) {
    if (rows == 0 || target.isEmpty()) {
      return rows == 0 ? 0 : 1;
    }
    Map.Entry<Integer, Double> below = target.floorEntry(rows);
    Map.Entry<Integer, Double> above = target.ceilingEntry(rows);
    if (below == null) {
      return target.firstEntry().getValue();
    }
    if (above == null) {
      return below.getValue() * rows / below.getKey();
    }
    double share =
        above.getKey().equals(below.getKey())
            ? 0
            : (double) (rows - below.getKey()) / (above.getKey() - below.getKey());
    return below.getValue() + share * Math.max(0, above.getValue() - below.getValue());
  }

  @Override
  public double draftPassNanos(int rows, long contextTokens) {
    return rows == 0 ? 0 : draftNanos;
  }

  @Override
  public double overheadNanos(int sequences) {
    return overheadNanos * sequences;
  }
}
