package io.adaspec.gpu;

import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.device.DeviceSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Says why models do not fit on a GPU, and what would: without draft, fewer rows, quantised. */
final class MemoryRefusal {
  private static final int LEAST_ROWS = 16;

  private final DeviceSpec spec;
  private final ModelPlan target;
  private final Optional<ModelPlan> draft;
  private final Optional<PrefillLibrary> library;
  private final long free;

  MemoryRefusal(
      DeviceSpec spec,
      ModelPlan target,
      Optional<ModelPlan> draft,
      Optional<PrefillLibrary> library,
      long free) {
    this.spec = spec;
    this.target = target;
    this.draft = draft;
    this.library = library;
    this.free = free;
  }

  /** The models need more than is free. */
  DeviceException tooLarge() {
    MemoryNeeds needs = needs(draft, spec.maxRows());
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
            + mebibytes(needs.work())
            + library.map(each -> ", fast prefill " + mebibytes(each.bytes())).orElse("")
            + ", the driver "
            + mebibytes(needs.reserved())
            + ", keys and values at least "
            + mebibytes(needs.leastKvBytes())
            + ", together "
            + mebibytes(needs.least())
            + "; "
            + String.join("; ", whatWouldFit(needs)));
  }

  /** The models fit, but less KV memory is asked for than one sequence needs. */
  DeviceException tooLittleKv(MemoryNeeds needs) {
    return DeviceException.permanentFailure(
        spec.name()
            + ": "
            + spec.kvBytes()
            + " bytes are asked for keys and values; a sequence of "
            + needs.leastBlocks() * spec.blockTokens()
            + " tokens needs "
            + needs.leastKvBytes()
            + "; ask for at least that, or leave it to the device");
  }

  private List<String> whatWouldFit(MemoryNeeds needs) {
    List<String> ways = new ArrayList<>();
    if (draft.isPresent() && needs(Optional.empty(), spec.maxRows()).least() <= free) {
      ways.add("without the draft model it fits");
    }
    if (library.isPresent() && needs.least() - needs.library() <= free) {
      ways.add("without fast prefill it fits");
    }
    for (int rows = Integer.highestOneBit(spec.maxRows() - 1); rows >= LEAST_ROWS; rows /= 2) {
      if (needs(draft, rows).least() <= free) {
        ways.add("with " + rows + " rows per step it fits");
        break;
      }
    }
    for (DeviceFormat format : List.of(DeviceFormat.Q8_0, DeviceFormat.Q4_0)) {
      long saved = target.bytes() - target.bytesAs(format);
      if (saved > 0 && needs.least() - saved <= free) {
        ways.add(
            "a " + format + " file of the model (" + mebibytes(target.bytesAs(format)) + ") fits");
        break;
      }
    }
    if (ways.isEmpty()) {
      ways.add("take a smaller model");
    }
    ways.add("as it is, it takes a GPU with " + mebibytes(needs.least()) + " free");
    return ways;
  }

  private MemoryNeeds needs(Optional<ModelPlan> with, int maxRows) {
    return MemoryNeeds.of(spec, target, with, library, maxRows, free);
  }

  private static String mebibytes(long bytes) {
    return Math.ceilDiv(bytes, 1L << 20) + " MiB";
  }
}
