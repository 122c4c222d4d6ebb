package io.adaspec.actors;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.device.Devices;
import io.adaspec.runtime.device.profile.BackgroundProfile;
import io.adaspec.runtime.speculation.CostModel;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Opens one device, again after every failure, and says what its work costs. Called on the thread
 * that will execute its steps.
 *
 * @param name for logs and status
 * @param open opens it; throws {@code DeviceException} when it cannot
 * @param cost the cost model of the open device, which may run steps on it to find out
 * @param profile a better cost model, to be measured on the open device while it is idle; empty
 *     where that is not wanted
 */
public record DeviceOpener(
    String name,
    Supplier<Device> open,
    Function<Device, CostModel> cost,
    Function<Device, Optional<BackgroundProfile>> profile) {
  /** An opener whose cost model stays as it is. */
  public DeviceOpener(String name, Supplier<Device> open, Function<Device, CostModel> cost) {
    this(name, open, cost, device -> Optional.empty());
  }

  /** Opens the device that a specification names. */
  public static DeviceOpener of(
      Devices devices, DeviceSpec spec, Function<Device, CostModel> cost) {
    return new DeviceOpener(spec.name(), () -> devices.open(spec), cost);
  }
}
