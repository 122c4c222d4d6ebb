package io.adaspec.runtime.device.cpu;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.device.DeviceProvider;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.kvcache.KvGeometry;
import io.adaspec.runtime.kvcache.KvSharing;
import io.adaspec.runtime.model.MemoryPlan;
import io.adaspec.runtime.model.ModelConfig;
import io.adaspec.runtime.model.ModelRunner;
import io.adaspec.runtime.model.ModelWeights;
import io.adaspec.runtime.tensor.Kernels;
import io.adaspec.runtime.tensor.ScalarKernels;
import io.adaspec.runtime.tensor.WorkerTeam;
import java.lang.foreign.MemorySegment;
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
  public DeviceInfo plan(DeviceSpec spec) {
    ModelConfig target = target(spec).config();
    Optional<ModelConfig> draft = spec.draft().map(ModelWeights::config);
    int threads = threads(spec);
    int blocks = blocks(spec, target, draft);
    return new DeviceInfo(
        spec.name(),
        threads + (threads == 1 ? " thread, " : " threads, ") + kernels(spec).name(),
        target.vocabularySize(),
        target.contextTokens(),
        draft.map(ModelConfig::contextTokens).orElse(0),
        spec.blockTokens(),
        blocks,
        draft.isPresent() ? blocks : 0,
        spec.maxRows(),
        true,
        draft
            .map(model -> KvSharing.of(geometry(target, spec), geometry(model, spec), blocks))
            .orElse(KvSharing.NONE));
  }

  @Override
  public Device open(DeviceSpec spec) {
    DeviceInfo info = plan(spec);
    WorkerTeam team = new WorkerTeam(threads(spec));
    boolean open = false;
    try {
      CpuDevice device = open(spec, info, kernels(spec), team);
      open = true;
      return device;
    } catch (IllegalArgumentException e) {
      throw DeviceException.permanentFailure(String.valueOf(e.getMessage()), e);
    } finally {
      if (!open) {
        team.close();
      }
    }
  }

  private static CpuDevice open(
      DeviceSpec spec, DeviceInfo info, Kernels kernels, WorkerTeam team) {
    KvGeometry geometry = geometry(target(spec).config(), spec);
    CpuKvMemory kv = new CpuKvMemory(info, geometry);
    Optional<ModelRunner> target = Optional.empty();
    boolean open = false;
    try {
      ModelRunner runner = runner(target(spec), kv.ofTarget(), info, kernels, team);
      target = Optional.of(runner);
      Optional<ModelRunner> draft =
          spec.draft().map(model -> runner(model, kv.ofDraft(), info, kernels, team));
      CpuDevice device = new CpuDevice(info, runner, draft, kv, team);
      open = true;
      return device;
    } finally {
      if (!open) {
        target.ifPresent(ModelRunner::close);
        kv.close();
      }
    }
  }

  private static ModelRunner runner(
      ModelWeights model, MemorySegment kv, DeviceInfo info, Kernels kernels, WorkerTeam team) {
    return new CpuModelRunner(
        model,
        geometry(model.config(), info.blockTokens()),
        arena -> kv,
        info.maxRows(),
        kernels,
        team);
  }

  private static ModelWeights target(DeviceSpec spec) {
    return spec.target()
        .orElseThrow(
            () ->
                DeviceException.permanentFailure(
                    "the cpu device needs a model; give it one with --model"));
  }

  private static int threads(DeviceSpec spec) {
    return spec.threads() > 0 ? spec.threads() : Runtime.getRuntime().availableProcessors();
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

  private static KvGeometry geometry(ModelConfig config, DeviceSpec spec) {
    return geometry(config, spec.blockTokens());
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
  private static int blocks(DeviceSpec spec, ModelConfig target, Optional<ModelConfig> draft) {
    KvGeometry kv = geometry(target, spec.blockTokens());
    long perBlock =
        kv.bytesPerBlock()
            + draft.map(model -> geometry(model, spec.blockTokens()).bytesPerBlock()).orElse(0L);
    long wanted = (long) kv.blocksFor(target.contextTokens()) * DEFAULT_SEQUENCES;
    long bytes = spec.kvBytes() > 0 ? spec.kvBytes() : DEFAULT_KV_BYTES;
    long fitting = Math.min(Integer.MAX_VALUE, bytes / perBlock);
    long blocks = spec.kvBytes() > 0 ? fitting : Math.min(fitting, wanted);
    if (blocks < 1) {
      throw DeviceException.permanentFailure(
          "KV memory of " + bytes + " bytes holds no block of " + perBlock + " bytes; raise it");
    }
    return (int) blocks;
  }
}
