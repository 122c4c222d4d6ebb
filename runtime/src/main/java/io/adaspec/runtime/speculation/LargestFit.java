package io.adaspec.runtime.speculation;

import java.util.function.IntPredicate;

/** The largest count that fits. A pure function. */
public final class LargestFit {
  private LargestFit() {}

  /**
   * The largest count from {@code least} to {@code most} that fits; {@code least} is taken to fit.
   * Costs one look where {@code most} fits, else the logarithm of the range.
   *
   * @param fits holds for every count below one that it holds for
   */
  public static int between(int least, int most, IntPredicate fits) {
    if (least >= most || fits.test(most)) {
      return Math.max(least, most);
    }
    int low = least;
    int high = most - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (fits.test(middle)) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }
}
