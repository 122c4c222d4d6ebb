package io.adaspec.gpu;

import io.adaspec.runtime.kvcache.KvGeometry.ElementType;
import io.adaspec.runtime.model.ModelConfig;

/**
 * Sizes of the memory that passes of one model work in.
 *
 * @param config the model
 * @param maxRows most rows of a pass
 * @param hiddenInputs padded width of activations that are multiplied with [.., hidden] matrices
 * @param queryInputs likewise for the attention output
 * @param innerInputs likewise for the gated FFN
 * @param queryKeyValue width of queries, keys and values together
 * @param partialFloats room for the splits of attention
 */
record WorkPlan(
    ModelConfig config,
    int maxRows,
    int hiddenInputs,
    int queryInputs,
    int innerInputs,
    int queryKeyValue,
    long partialFloats) {
  private static final long MOST_PARTIAL_FLOATS = 16L << 20;

  static WorkPlan of(ModelConfig config, int maxRows) {
    return of(config, maxRows, MOST_PARTIAL_FLOATS);
  }

  /**
   * @param mostPartialFloats bound of the room for the splits of attention
   */
  static WorkPlan of(ModelConfig config, int maxRows, long mostPartialFloats) {
    int rows = PassShape.rowBucket(maxRows);
    long everything =
        (long) rows
            * config.heads()
            * PassShape.splitBucket(config.contextTokens())
            * (config.headSize() + 2);
    return new WorkPlan(
        config,
        maxRows,
        padded(config.hiddenSize()),
        padded(config.querySize()),
        padded(config.feedForwardSize()),
        config.querySize() + 2 * config.kvSize(),
        Math.clamp(everything, 1, Math.max(1, mostPartialFloats)));
  }

  /** GPU memory of all buffers together. */
  long bytes() {
    long perRow =
        4L * (4L * config.hiddenSize() + queryKeyValue + 2L * config.feedForwardSize())
            + 4L * config.vocabularySize()
            + 4L * (hiddenInputs + 2L * queryInputs + innerInputs)
            + 4L * config.ropeSize();
    return Math.multiplyExact(perRow, maxRows) + 4 * partialFloats + DevicePenalties.bytes(maxRows);
  }

  /** Whether the splits of a pass have room. */
  boolean fits(int rows, int splits) {
    return (long) rows * config.heads() * splits * (config.headSize() + 2) <= partialFloats;
  }

  /** Bytes of activations of a width, for as many rows as a pass may have. */
  long activationBytes(int inputs) {
    return Math.multiplyExact((long) maxRows * inputs, ElementType.F32.bytes());
  }

  private static int padded(int columns) {
    int chunk = DeviceFormat.TILE_INPUTS;
    return Math.ceilDiv(columns, chunk) * chunk;
  }
}
