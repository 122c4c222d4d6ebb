package io.adaspec.runtime.speculation;

/**
 * Affine costs.
 *
 * @param targetNanos of any target pass
 * @param targetRowNanos of each of its rows
 * @param draftNanos of any draft pass
 * @param draftRowNanos of each of its rows
 */
record TestCost(double targetNanos, double targetRowNanos, double draftNanos, double draftRowNanos)
    implements CostModel {
  @Override
  public double targetPassNanos(int rows, long contextTokens) {
    return rows == 0 ? 0 : targetNanos + rows * targetRowNanos;
  }

  @Override
  public double draftPassNanos(int rows, long contextTokens) {
    return rows == 0 ? 0 : draftNanos + rows * draftRowNanos;
  }

  @Override
  public double overheadNanos(int sequences) {
    return 0;
  }
}
