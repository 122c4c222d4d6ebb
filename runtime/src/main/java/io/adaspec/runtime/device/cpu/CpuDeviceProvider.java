package io.adaspec.runtime.device.cpu;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.device.DeviceProvider;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.kvcache.KvGeometry;
import io.adaspec.runtime.model.MemoryPlan;
import io.adaspec.runtime.model.ModelConfig;
import io.adaspec.runtime.model.ModelRunner;
import io.adaspec.runtime.model.ModelWeights;
import io.adaspec.runtime.tensor.Kernels;
import io.adaspec.runtime.tensor.ScalarKernels;
import io.adaspec.runtime.tensor.WorkerTeam;
import java.util.List;
import java.util.Optional;

/** Opens the processor's cores as {@code cpu}, or as {@code cpu:scalar} without vector kernels. */
public final class CpuDeviceProvider implements DeviceProvider {
  private static final long DEFAULT_KV_BYTES = 1L << 30;
  private static final int DEFAULT_SEQUENCES = 64;

  @Override
  public String scheme() {
    return "cpu";
  }

  @Override
  public Probe probe() {
    return new Probe.Available(List.of("cpu", "cpu:scalar"));
  }

  @Override
  public Device open(DeviceSpec spec) {
    ModelWeights target =
        spec.target()
            .orElseThrow(
                () ->
                    DeviceException.permanentFailure(
                        "the cpu device needs a model; give it one with --model"));
    int threads = spec.threads() > 0 ? spec.threads() : Runtime.getRuntime().availableProcessors();
    Kernels kernels = kernels(spec);
    WorkerTeam team = new WorkerTeam(threads);
    boolean open = false;
    try {
      CpuDevice device = open(spec, target, kernels, team);
      open = true;
      return device;
    } finally {
      if (!open) {
        team.close();
      }
    }
  }

  private static CpuDevice open(
      DeviceSpec spec, ModelWeights target, Kernels kernels, WorkerTeam team) {
    KvGeometry targetKv = geometry(target.config(), spec.blockTokens());
    Optional<KvGeometry> draftKv =
        spec.draft().map(draft -> geometry(draft.config(), spec.blockTokens()));
    int blocks = blocks(spec, target.config(), targetKv, draftKv);
    ModelRunner runner =
        new CpuModelRunner(target, targetKv, blocks, spec.maxRows(), kernels, team);
    boolean open = false;
    try {
      Optional<ModelRunner> draft =
          spec.draft()
              .map(
                  model ->
                      new CpuModelRunner(
                          model, draftKv.orElseThrow(), blocks, spec.maxRows(), kernels, team));
      CpuDevice device =
          new CpuDevice(info(spec, target, kernels, team, blocks), runner, draft, team);
      open = true;
      return device;
    } finally {
      if (!open) {
        runner.close();
      }
    }
  }

  private static DeviceInfo info(
      DeviceSpec spec, ModelWeights target, Kernels kernels, WorkerTeam team, int blocks) {
    int threads = team.size();
    return new DeviceInfo(
        spec.name(),
        threads + (threads == 1 ? " thread, " : " threads, ") + kernels.name(),
        target.config().vocabularySize(),
        target.config().contextTokens(),
        spec.draft().map(model -> model.config().contextTokens()).orElse(0),
        spec.blockTokens(),
        blocks,
        spec.draft().isPresent() ? blocks : 0,
        spec.maxRows());
  }

  /**
   * What a model takes on this device.
   *
   * @param blockTokens tokens per KV block
   */
  public static MemoryPlan memoryPlan(ModelWeights model, int blockTokens) {
    return MemoryPlan.of(model, Kernels.best().panelRows(), geometry(model.config(), blockTokens));
  }

  private static Kernels kernels(DeviceSpec spec) {
    return switch (spec.argument()) {
      case "" -> Kernels.best();
      case "scalar" -> new ScalarKernels();
      default ->
          throw DeviceException.permanentFailure(
              "no device " + spec.name() + "; known are cpu and cpu:scalar");
    };
  }

  private static KvGeometry geometry(ModelConfig config, int blockTokens) {
    return new KvGeometry(
        config.layers(),
        config.kvHeads(),
        config.headSize(),
        blockTokens,
        KvGeometry.ElementType.F32);
  }

  /**
   * The same number of blocks for both models: as many as the memory holds, by default enough for
   * 64 whole contexts or 1 GiB.
   */
  private static int blocks(
      DeviceSpec spec, ModelConfig config, KvGeometry target, Optional<KvGeometry> draft) {
    long perBlock = target.bytesPerBlock() + draft.map(KvGeometry::bytesPerBlock).orElse(0L);
    long wanted = (long) target.blocksFor(config.contextTokens()) * DEFAULT_SEQUENCES;
    long bytes =
        spec.kvBytes() > 0
            ? spec.kvBytes()
            : Math.min(DEFAULT_KV_BYTES, Math.multiplyExact(wanted, perBlock));
    long blocks = Math.min(Integer.MAX_VALUE, bytes / perBlock);
    if (blocks < 1) {
      throw DeviceException.permanentFailure(
          "KV memory of " + bytes + " bytes holds no block of " + perBlock + " bytes; raise it");
    }
    return (int) blocks;
  }
}
