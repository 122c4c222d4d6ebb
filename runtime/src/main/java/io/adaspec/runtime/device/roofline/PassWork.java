package io.adaspec.runtime.device.roofline;

import io.adaspec.runtime.tensor.WeightFormat;

/**
 * The least that a pass must read and calculate: every matrix once, the keys and values of every
 * sequence once; two operations for each element of a matrix and row, four for each element of a
 * query and position.
 *
 * @param bytes read from memory
 * @param flops multiplications and additions
 */
record PassWork(long bytes, double flops) {
  private static final int KV_BYTES = 2;

  /**
   * The work of a pass.
   *
   * @param sequences in it
   * @param rows of each
   * @param contextTokens computed before, of each
   * @param logitRows rows of all together that need the head
   */
  static PassWork of(
      ModelShape shape,
      WeightFormat format,
      int sequences,
      int rows,
      int contextTokens,
      int logitRows) {
    long positions = (long) sequences * (contextTokens + rows);
    double reads = (double) sequences * rows * (contextTokens + (rows + 1) / 2.0);
    long matrices = shape.layerElements() + (logitRows > 0 ? shape.headElements() : 0);
    return new PassWork(
        format.bytesOf(matrices) + positions * shape.kvElements() * KV_BYTES,
        2.0 * sequences * rows * shape.layerElements()
            + 2.0 * logitRows * shape.headElements()
            + reads * shape.attentionFlops());
  }

  PassWork plus(PassWork other, double times) {
    return new PassWork(bytes + Math.round(times * other.bytes), flops + times * other.flops);
  }
}
