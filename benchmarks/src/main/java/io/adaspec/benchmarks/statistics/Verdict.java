package io.adaspec.benchmarks.statistics;

/** What an interval allows to be said. */
public enum Verdict {
  /** All of it lies on the good side. */
  BETTER,
  /** All of it lies on the bad side. */
  WORSE,
  /** It decides nothing. */
  INCONCLUSIVE;

  /**
   * Compares with what would make no difference.
   *
   * @param interval of a difference or a ratio
   * @param neutral 0 of differences, 1 of ratios
   * @param moreIsBetter whether large figures are good
   */
  public static Verdict of(Interval interval, double neutral, boolean moreIsBetter) {
    if (interval.low() > neutral) {
      return moreIsBetter ? BETTER : WORSE;
    }
    if (interval.high() < neutral) {
      return moreIsBetter ? WORSE : BETTER;
    }
    return INCONCLUSIVE;
  }

  /** In reports. */
  public String text() {
    return switch (this) {
      case BETTER -> "better";
      case WORSE -> "worse";
      case INCONCLUSIVE -> "inconclusive";
    };
  }
}
