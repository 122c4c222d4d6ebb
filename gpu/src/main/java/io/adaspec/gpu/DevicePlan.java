package io.adaspec.gpu;

import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.device.DeviceSpec;
import java.util.Optional;

/**
 * What a device will take of GPU memory, decided before anything is loaded.
 *
 * <p>KV memory gets what was asked for, or by default {@value #KV_PERCENT} % of what weights and
 * work memory leave. Asked for more than there is, it gets less; a draft model that would leave no
 * room for KV is refused by name, not dropped silently.
 *
 * @param needs what the models cannot do without
 * @param freeBytes GPU memory nobody used when it was planned
 * @param kvBlocks KV blocks of each model
 */
record DevicePlan(MemoryNeeds needs, long freeBytes, int kvBlocks) {
  private static final int KV_PERCENT = 92;

  /**
   * @throws DeviceException if the models do not fit, with what would
   */
  static DevicePlan of(
      DeviceSpec spec,
      ModelPlan target,
      Optional<ModelPlan> draft,
      Optional<PrefillLibrary> library,
      long free) {
    MemoryNeeds needs = MemoryNeeds.of(spec, target, draft, library, spec.maxRows(), free);
    MemoryRefusal refusal = new MemoryRefusal(spec, target, draft, library, free);
    if (needs.least() > free) {
      throw refusal.tooLarge();
    }
    if (spec.kvBytes() > 0 && spec.kvBytes() < needs.leastKvBytes()) {
      throw refusal.tooLittleKv(needs);
    }
    long left = free - needs.beforeKv();
    long perContext =
        Math.ceilDiv(target.config().contextTokens(), spec.blockTokens()) * needs.blockBytes();
    long wanted = spec.kvBytes() > 0 ? spec.kvBytes() : left / 100 * KV_PERCENT;
    long most = Math.multiplyExact(perContext, spec.maxRows());
    long blocks = Math.min(Math.min(wanted, left), most) / needs.blockBytes();
    return new DevicePlan(
        needs, free, (int) Math.clamp(blocks, needs.leastBlocks(), Integer.MAX_VALUE - 8L));
  }

  /** The same with no more KV blocks than that. */
  DevicePlan atMost(int blocks) {
    return new DevicePlan(needs, freeBytes, Math.min(kvBlocks, blocks));
  }

  /** The next smaller plan, where the GPU gives less than it said; empty below the least. */
  Optional<DevicePlan> smaller() {
    int half = kvBlocks / 2;
    return half < needs.leastBlocks() ? Optional.empty() : Optional.of(atMost(half));
  }

  /** For people, on one line. */
  String summary() {
    return "weights "
        + mebibytes(needs.weights())
        + ", work "
        + mebibytes(needs.work())
        + (needs.library() > 0 ? ", fast prefill " + mebibytes(needs.library()) : "")
        + ", KV "
        + mebibytes(kvBlocks * needs.blockBytes())
        + " ("
        + kvBlocks
        + " blocks), of "
        + mebibytes(freeBytes)
        + " free";
  }

  private static String mebibytes(long bytes) {
    return Math.ceilDiv(bytes, 1L << 20) + " MiB";
  }
}
