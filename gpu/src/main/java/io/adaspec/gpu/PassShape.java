package io.adaspec.gpu;

/**
 * How large the grids of a pass are: one CUDA graph serves every batch of a shape. Sizes are
 * buckets, so there are few shapes; the true counts lie in GPU memory.
 *
 * @param rows rows, rounded up to 8 times a power of two
 * @param logitRows rows that need logits, rounded up likewise; 0 for none
 * @param splits stretches of {@value #SPLIT} positions that attention gives to different blocks,
 *     rounded up to a power of two; 0 when each block goes through all of its context
 */
record PassShape(int rows, int logitRows, int splits) {
  /** Positions of one split; the kernels' SPLIT. */
  static final int SPLIT = 256;

  private static final int LEAST_ROWS = 8;

  /** Up to here a product reads its weights once however few the rows are. */
  private static final int NARROW_ROWS = 64;

  /** The bucket of a number of rows. */
  static int rowBucket(int rows) {
    return rows == 0 ? 0 : Math.max(LEAST_ROWS, powerOfTwo(rows));
  }

  /**
   * The bucket of the rows that need logits: in small passes that of all rows, so that there are
   * fewer shapes.
   */
  static int logitBucket(int rows, int logitRows) {
    int bucket = rowBucket(rows);
    return logitRows > 0 && bucket <= NARROW_ROWS ? bucket : rowBucket(logitRows);
  }

  /** The bucket of a number of splits. */
  static int splitBucket(int contextTokens) {
    return powerOfTwo(Math.ceilDiv(contextTokens, SPLIT));
  }

  private static int powerOfTwo(int value) {
    return value <= 1 ? 1 : Integer.highestOneBit(value - 1) << 1;
  }
}
