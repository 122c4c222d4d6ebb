package io.adaspec.actors;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.device.Devices;
import io.adaspec.runtime.speculation.CostModel;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Opens one device, again after every failure, and says what its work costs. Called on the thread
 * that will execute its steps.
 *
 * @param name for logs and status
 * @param open opens it; throws {@code DeviceException} when it cannot
 * @param cost the cost model of the open device, which may run steps on it to find out
 */
public record DeviceOpener(String name, Supplier<Device> open, Function<Device, CostModel> cost) {
  /** Opens the device that a specification names. */
  public static DeviceOpener of(
      Devices devices, DeviceSpec spec, Function<Device, CostModel> cost) {
    return new DeviceOpener(spec.name(), () -> devices.open(spec), cost);
  }
}
