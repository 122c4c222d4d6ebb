package io.adaspec.gpu;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.device.DeviceProvider;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.model.ModelConfig;
import io.adaspec.runtime.model.ModelRunner;
import io.adaspec.runtime.model.ModelWeights;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens NVIDIA GPUs as {@code cuda:0}, {@code cuda:1} and so on; {@code cuda} is the first. Needs
 * the NVIDIA driver and no CUDA toolkit.
 */
public final class CudaDeviceProvider implements DeviceProvider {
  private static final Logger LOG = LoggerFactory.getLogger(CudaDeviceProvider.class);

  @Override
  public String scheme() {
    return "cuda";
  }

  @Override
  public Probe probe() {
    return switch (CudaDriver.find()) {
      case CudaDriver.Found.Nothing(String reason, String remedy) ->
          new Probe.Unavailable(reason, remedy);
      case CudaDriver.Found.Gpus(int count) -> {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          names.add("cuda:" + i);
        }
        yield new Probe.Available(names);
      }
    };
  }

  @Override
  public DeviceInfo plan(DeviceSpec spec) {
    ModelPlan target = ModelPlan.of(target(spec));
    Optional<ModelPlan> draft = spec.draft().map(ModelPlan::of);
    requireDriver(spec);
    try (CudaContext context = CudaContext.create(ordinal(spec))) {
      return info(spec, context, DevicePlan.of(spec, target, draft, context.freeBytes()));
    }
  }

  @Override
  public Device open(DeviceSpec spec) {
    ModelPlan target = ModelPlan.of(target(spec));
    Optional<ModelPlan> draft = spec.draft().map(ModelPlan::of);
    requireDriver(spec);
    CudaContext context = CudaContext.create(ordinal(spec));
    boolean done = false;
    try {
      Device device = open(spec, context, target, draft);
      done = true;
      return device;
    } finally {
      if (!done) {
        context.close();
      }
    }
  }

  private static Device open(
      DeviceSpec spec, CudaContext context, ModelPlan target, Optional<ModelPlan> draft) {
    KernelModule kernels = KernelModule.load(context);
    DevicePlan plan = DevicePlan.of(spec, target, draft, context.freeBytes());
    LOG.info("{}: {}: {}", spec.name(), context.description(), plan.summary());
    UploadProgress progress = new UploadProgress(LOG, spec.name(), plan.weightBytes());
    CudaModelRunner runner = runner(spec, context, kernels, target, plan, progress);
    Optional<ModelRunner> draftRunner =
        draft.map(model -> runner(spec, context, kernels, model, plan, progress));
    return new CudaDevice(info(spec, context, plan), context, runner, draftRunner);
  }

  private static DeviceInfo info(DeviceSpec spec, CudaContext context, DevicePlan plan) {
    ModelConfig target = plan.target().config();
    return new DeviceInfo(
        spec.name(),
        context.description(),
        target.vocabularySize(),
        target.contextTokens(),
        plan.draft().map(model -> model.config().contextTokens()).orElse(0),
        spec.blockTokens(),
        plan.kvBlocks(),
        plan.draft().isPresent() ? plan.kvBlocks() : 0,
        spec.maxRows());
  }

  private static ModelWeights target(DeviceSpec spec) {
    return spec.target()
        .orElseThrow(
            () ->
                DeviceException.permanentFailure(
                    "device " + spec.name() + " needs a model; give it one with --model"));
  }

  private static void requireDriver(DeviceSpec spec) {
    if (CudaDriver.find() instanceof CudaDriver.Found.Nothing(String reason, String remedy)) {
      throw DeviceException.permanentFailure(
          "cannot open " + spec.name() + ": " + reason + "; " + remedy);
    }
  }

  private static CudaModelRunner runner(
      DeviceSpec spec,
      CudaContext context,
      KernelModule kernels,
      ModelPlan model,
      DevicePlan plan,
      UploadProgress progress) {
    return CudaModelRunner.create(
        context,
        kernels,
        model,
        model.kvGeometry(spec.blockTokens()),
        plan.kvBlocks(),
        spec.maxRows(),
        progress);
  }

  private static int ordinal(DeviceSpec spec) {
    if (spec.argument().isEmpty()) {
      return 0;
    }
    try {
      return Integer.parseUnsignedInt(spec.argument());
    } catch (NumberFormatException e) {
      throw DeviceException.permanentFailure(
          "no device " + spec.name() + "; NVIDIA GPUs are cuda:0, cuda:1 and so on", e);
    }
  }
}
