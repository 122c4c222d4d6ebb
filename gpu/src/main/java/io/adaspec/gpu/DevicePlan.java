package io.adaspec.gpu;

import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.kvcache.KvGeometry;
import java.util.Optional;

/**
 * What a device will take of GPU memory, decided before anything is loaded.
 *
 * <p>KV memory gets what was asked for, or by default {@value #KV_PERCENT} % of what weights and
 * work memory leave. Asked for more than there is, it gets less; a draft model that would leave no
 * room for KV is refused by name, not dropped silently.
 *
 * @param target weights of the target
 * @param draft weights of the draft
 * @param workBytes memory that passes work in
 * @param freeBytes GPU memory nobody used when it was planned
 * @param kvBlocks KV blocks of each model
 * @param blockBytes bytes of one block of target and draft together
 */
record DevicePlan(
    ModelPlan target,
    Optional<ModelPlan> draft,
    long workBytes,
    long freeBytes,
    int kvBlocks,
    long blockBytes) {
  private static final int KV_PERCENT = 92;

  /** Kernels, graphs, staging buffers and what the driver keeps for itself. */
  private static final long RESERVED_BYTES = 320L << 20;

  /**
   * @throws DeviceException if the models do not fit, with what would
   */
  static DevicePlan of(DeviceSpec spec, ModelPlan target, Optional<ModelPlan> draft, long free) {
    long work = workBytes(target, spec.maxRows());
    work += draft.map(plan -> workBytes(plan, spec.maxRows())).orElse(0L);
    long blockBytes = geometry(target, spec).bytesPerBlock();
    blockBytes += draft.map(plan -> geometry(plan, spec).bytesPerBlock()).orElse(0L);
    long weights = target.bytes() + draft.map(ModelPlan::bytes).orElse(0L);
    long reserved = Math.min(RESERVED_BYTES, free / 8);
    long left = free - weights - work - reserved;
    long perContext =
        (long) geometry(target, spec).blocksFor(target.config().contextTokens()) * blockBytes;
    if (left < blockBytes) {
      throw tooLarge(spec, target, draft, work, free, left);
    }
    long wanted = spec.kvBytes() > 0 ? spec.kvBytes() : left / 100 * KV_PERCENT;
    long most = (long) spec.maxRows() * perContext;
    long blocks = Math.min(Math.min(wanted, left), most) / blockBytes;
    return new DevicePlan(
        target, draft, work, free, (int) Math.clamp(blocks, 1, Integer.MAX_VALUE - 8L), blockBytes);
  }

  /** Weights of both models. */
  long weightBytes() {
    return target.bytes() + draft.map(ModelPlan::bytes).orElse(0L);
  }

  /** For people, on one line. */
  String summary() {
    return "weights "
        + mebibytes(weightBytes())
        + ", work "
        + mebibytes(workBytes)
        + ", KV "
        + mebibytes(kvBlocks * blockBytes)
        + " ("
        + kvBlocks
        + " blocks), of "
        + mebibytes(freeBytes)
        + " free";
  }

  private static long workBytes(ModelPlan plan, int maxRows) {
    return WorkPlan.of(plan.config(), maxRows).bytes();
  }

  private static KvGeometry geometry(ModelPlan plan, DeviceSpec spec) {
    return plan.kvGeometry(spec.blockTokens());
  }

  private static DeviceException tooLarge(
      DeviceSpec spec,
      ModelPlan target,
      Optional<ModelPlan> draft,
      long work,
      long free,
      long left) {
    String remedy =
        draft.isPresent() && left + draft.get().bytes() > 0
            ? "leave out the draft model or end other programs on this GPU"
            : "take a smaller or quantised model, fewer rows per step, or a GPU with "
                + mebibytes(free - left)
                + " free";
    return DeviceException.permanentFailure(
        spec.name()
            + " has "
            + mebibytes(free)
            + " free; model "
            + target.config().name()
            + " needs "
            + mebibytes(target.bytes())
            + draft.map(plan -> ", its draft " + mebibytes(plan.bytes())).orElse("")
            + ", work memory for "
            + spec.maxRows()
            + " rows "
            + mebibytes(work)
            + ", and nothing is left for keys and values; "
            + remedy);
  }

  private static String mebibytes(long bytes) {
    return Math.ceilDiv(bytes, 1L << 20) + " MiB";
  }
}
