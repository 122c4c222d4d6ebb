package io.adaspec.gpu;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.device.DeviceProvider;
import io.adaspec.runtime.device.DeviceSpec;
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
  public Device open(DeviceSpec spec) {
    ModelWeights target =
        spec.target()
            .orElseThrow(
                () ->
                    DeviceException.permanentFailure(
                        "device " + spec.name() + " needs a model; give it one with --model"));
    if (CudaDriver.find() instanceof CudaDriver.Found.Nothing(String reason, String remedy)) {
      throw DeviceException.permanentFailure(
          "cannot open " + spec.name() + ": " + reason + "; " + remedy);
    }
    int ordinal = ordinal(spec);
    ModelPlan targetPlan = ModelPlan.of(target);
    Optional<ModelPlan> draftPlan = spec.draft().map(ModelPlan::of);
    CudaContext context = CudaContext.create(ordinal);
    boolean done = false;
    try {
      Device device = open(spec, context, targetPlan, draftPlan);
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
    DeviceInfo info =
        new DeviceInfo(
            spec.name(),
            context.description(),
            target.config().vocabularySize(),
            target.config().contextTokens(),
            draft.map(model -> model.config().contextTokens()).orElse(0),
            spec.blockTokens(),
            plan.kvBlocks(),
            draft.isPresent() ? plan.kvBlocks() : 0,
            spec.maxRows());
    return new CudaDevice(info, context, runner, draftRunner);
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
