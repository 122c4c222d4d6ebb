package io.adaspec.runtime.device;

import java.util.List;
import java.util.Optional;

/**
 * Finds and opens the devices of one kind; found by {@link java.util.ServiceLoader}. Thread-safe.
 */
public interface DeviceProvider {
  /** The part before the colon of the device names it opens. */
  String scheme();

  /** Looks for devices; never throws. */
  Probe probe();

  /**
   * What {@link #open} would give, from shapes and free memory alone: no weights are read.
   *
   * @throws DeviceException if it could not be opened, with the reason and the remedy
   */
  DeviceInfo plan(DeviceSpec spec);

  /**
   * Opens a device on the calling thread, which must be the one that executes steps.
   *
   * @throws DeviceException if it cannot be opened, with the reason and the remedy
   */
  Device open(DeviceSpec spec);

  /**
   * Measures what a device can do at best; takes seconds and no model.
   *
   * @param name of the device
   * @return empty where the provider has no way to tell
   * @throws DeviceException if the device fails
   */
  default Optional<DevicePeaks> peaks(String name) {
    return Optional.empty();
  }

  /** What a look for devices found. */
  sealed interface Probe {
    /** Devices that can be opened, by name. */
    record Available(List<String> names) implements Probe {
      public Available {
        names = List.copyOf(names);
      }
    }

    /** None, and why. */
    record Unavailable(String reason, String remedy) implements Probe {}
  }
}
