package io.adaspec.runtime.speculation;

/**
 * Row and context buckets of the released AdaSpec code, which pads every pass to the size of a
 * captured CUDA graph: powers of two up to 32, then multiples of 32.
 */
final class GraphBuckets {
  private static final int[] CONTEXTS = {1, 256, 512, 1024, 2048};
  private static final int STEP = 32;

  private GraphBuckets() {}

  /** g(n): the smallest captured size that holds n rows. */
  static int padded(int rows) {
    return rows <= STEP
        ? Integer.highestOneBit(Math.max(1, rows * 2 - 1))
        : Math.ceilDiv(rows, STEP) * STEP;
  }

  /** delta(n): how many rows to shed to reach the next lower captured size. */
  static int rowsToShed(int rows) {
    return rows <= STEP
        ? rows - Integer.highestOneBit(rows - 1)
        : rows - STEP * ((rows - 1) / STEP);
  }

  /** The largest profiled context that is not larger. */
  static int context(long tokens) {
    int bucket = CONTEXTS[0];
    for (int each : CONTEXTS) {
      bucket = each <= tokens ? each : bucket;
    }
    return bucket;
  }
}
