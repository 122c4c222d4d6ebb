package io.adaspec.runtime.device;

import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;

/** The device kinds of this process. Immutable. */
public final class Devices {
  private final List<DeviceProvider> providers;

  public Devices(List<DeviceProvider> providers) {
    this.providers = List.copyOf(providers);
  }

  /** All providers on the class path. */
  public static Devices discover() {
    return new Devices(
        ServiceLoader.load(DeviceProvider.class).stream()
            .map(ServiceLoader.Provider::get)
            .toList());
  }

  public List<DeviceProvider> providers() {
    return providers;
  }

  /**
   * Opens a device on the calling thread.
   *
   * @throws IllegalArgumentException if no provider has the name's scheme
   * @throws DeviceException if it cannot be opened
   */
  public Device open(DeviceSpec spec) {
    return provider(spec).open(spec);
  }

  /**
   * What opening a device would give, without reading weights.
   *
   * @throws IllegalArgumentException if no provider has the name's scheme
   * @throws DeviceException if it could not be opened
   */
  public DeviceInfo plan(DeviceSpec spec) {
    return provider(spec).plan(spec);
  }

  /**
   * What a device can do at best; empty where nobody can tell.
   *
   * @throws IllegalArgumentException if no provider has the name's scheme
   * @throws DeviceException if the device fails
   */
  public Optional<DevicePeaks> peaks(DeviceSpec spec) {
    return provider(spec).peaks(spec.name());
  }

  private DeviceProvider provider(DeviceSpec spec) {
    for (DeviceProvider provider : providers) {
      if (provider.scheme().equals(spec.scheme())) {
        return provider;
      }
    }
    throw new IllegalArgumentException(
        "no device kind '"
            + spec.scheme()
            + "'; known: "
            + providers.stream().map(DeviceProvider::scheme).sorted().toList());
  }
}
