package io.adaspec.gpu;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.device.DevicePeaks;
import io.adaspec.runtime.device.DeviceProvider;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.model.ModelWeights;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  @Override
  public Optional<DevicePeaks> peaks(String name) {
    requireDriver(name);
    return Optional.of(PeakProbe.measure(ordinal(name)));
  }

  private DeviceOpening opening(DeviceSpec spec) {
    ModelWeights target =
        spec.target()
            .orElseThrow(
                () ->
                    DeviceException.permanentFailure(
                        "device " + spec.name() + " needs a model; give it one with --model"));
    requireDriver(spec.name());
    int ordinal = ordinal(spec.name());
    return new DeviceOpening(
        spec,
        ordinal,
        health.computeIfAbsent(ordinal, gpu -> new DeviceHealth()),
        ModelPlan.of(target),
        spec.draft().map(ModelPlan::of));
  }

  private static void requireDriver(String name) {
    if (CudaDriver.find() instanceof CudaDriver.Found.Nothing(String reason, String remedy)) {
      throw DeviceException.permanentFailure("cannot open " + name + ": " + reason + "; " + remedy);
    }
  }

  private static int ordinal(String name) {
    int colon = name.indexOf(':');
    if (colon < 0) {
      return 0;
    }
    try {
      return Integer.parseUnsignedInt(name.substring(colon + 1));
    } catch (NumberFormatException e) {
      throw DeviceException.permanentFailure(
          "no device " + name + "; NVIDIA GPUs are cuda:0, cuda:1 and so on", e);
    }
  }
}
