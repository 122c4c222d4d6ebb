package io.adaspec.gpu;

import io.adaspec.runtime.device.DeviceSpec;
import java.util.Optional;

/**
 * The least GPU memory, in bytes, that a target and its draft can work in.
 *
 * @param weights of both models
 * @param work memory that passes work in
 * @param library what fast prefill takes; 0 without
 * @param reserved kernels, graphs, staging buffers and what the driver keeps for itself
 * @param blockBytes one KV block of both models
 * @param leastBlocks KV blocks below which a device is of no use
 */
record MemoryNeeds(
    long weights, long work, long library, long reserved, long blockBytes, int leastBlocks) {
  /** Tokens that a single sequence must have room for, or its whole context if that is shorter. */
  static final int LEAST_TOKENS = 512;

  private static final long RESERVED_BYTES = 320L << 20;

  static MemoryNeeds of(
      DeviceSpec spec,
      ModelPlan target,
      Optional<ModelPlan> draft,
      Optional<PrefillLibrary> library,
      int maxRows,
      long free) {
    int blockTokens = spec.blockTokens();
    int tokens = Math.min(LEAST_TOKENS, target.config().contextTokens());
    return new MemoryNeeds(
        target.bytes() + draft.map(ModelPlan::bytes).orElse(0L),
        work(target, maxRows) + draft.map(plan -> work(plan, maxRows)).orElse(0L),
        library.map(PrefillLibrary::bytes).orElse(0L),
        Math.min(RESERVED_BYTES, free / 8),
        target.kvGeometry(blockTokens).bytesPerBlock()
            + draft.map(plan -> plan.kvGeometry(blockTokens).bytesPerBlock()).orElse(0L),
        Math.ceilDiv(tokens, blockTokens));
  }

  /** Memory beside keys and values. */
  long beforeKv() {
    return weights + work + library + reserved;
  }

  long leastKvBytes() {
    return Math.multiplyExact(blockBytes, leastBlocks);
  }

  /** All together. */
  long least() {
    return beforeKv() + leastKvBytes();
  }

  private static long work(ModelPlan plan, int maxRows) {
    return WorkPlan.of(plan.config(), maxRows).bytes();
  }
}
