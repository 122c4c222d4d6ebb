package io.adaspec.runtime.scheduler;

import io.adaspec.runtime.speculation.CostModel;

/** The cost model of a device that takes so many times as long. */
record SlowedCost(CostModel cost, double slowdown) implements CostModel {
  @Override
  public double targetPassNanos(int rows, long contextTokens) {
    return slowdown * cost.targetPassNanos(rows, contextTokens);
  }

  @Override
  public double draftPassNanos(int rows, long contextTokens) {
    return slowdown * cost.draftPassNanos(rows, contextTokens);
  }

  @Override
  public double overheadNanos(int sequences) {
    return slowdown * cost.overheadNanos(sequences);
  }
}
