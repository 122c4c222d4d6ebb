package io.adaspec.gpu;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.device.DeviceProvider;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.model.ModelWeights;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Opens NVIDIA GPUs as {@code cuda:0}, {@code cuda:1} and so on; {@code cuda} is the first. Needs
 * the NVIDIA driver and no CUDA toolkit. Remembers of each GPU how often in a row it failed.
 */
public final class CudaDeviceProvider implements DeviceProvider {
  private final Map<Integer, DeviceHealth> health = new ConcurrentHashMap<>();

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
    return opening(spec).plan();
  }

  @Override
  public Device open(DeviceSpec spec) {
    DeviceOpening opening = opening(spec);
    try {
      return opening.open();
    } catch (DeviceException e) {
      throw opening.health().failed(e);
    }
  }

  private DeviceOpening opening(DeviceSpec spec) {
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
    return new DeviceOpening(
        spec,
        ordinal,
        health.computeIfAbsent(ordinal, gpu -> new DeviceHealth()),
        ModelPlan.of(target),
        spec.draft().map(ModelPlan::of));
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
