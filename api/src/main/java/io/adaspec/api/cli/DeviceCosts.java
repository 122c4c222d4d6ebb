package io.adaspec.api.cli;

import io.adaspec.actors.DeviceOpener;
import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.device.Devices;
import io.adaspec.runtime.device.profile.BackgroundProfile;
import io.adaspec.runtime.device.profile.ProfileCache;
import io.adaspec.runtime.device.profile.ProfileKey;
import io.adaspec.runtime.device.sim.SimulatedDevice;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.CostProfile;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What work costs on a device: the stored profile of the same device and models, or what its first
 * steps took until a profile has been measured in idle moments, which is then stored.
 *
 * @param spec what the device is opened with
 * @param cache of profiles
 */
record DeviceCosts(DeviceSpec spec, ProfileCache cache) {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceCosts.class);

  /** An opener of the device. */
  static DeviceOpener opener(Devices devices, DeviceSpec spec) {
    DeviceCosts costs = new DeviceCosts(spec, ProfileCache.ofUser());
    return new DeviceOpener(
        spec.name(), () -> devices.open(spec), costs::atOnce, costs::inBackground);
  }

  private CostModel atOnce(Device device) {
    CostModel first = WarmUp.cost(device);
    return stored(device).<CostModel>map(profile -> profile).orElse(first);
  }

  private Optional<BackgroundProfile> inBackground(Device device) {
    if (device instanceof SimulatedDevice || stored(device).isPresent()) {
      return Optional.empty();
    }
    return BackgroundProfile.of(
        device,
        profile -> {
          try {
            LOG.info(
                "device {} profiled; stored in {}", spec.name(), cache.store(key(device), profile));
          } catch (IOException e) {
            LOG.warn("the profile of device {} cannot be stored: {}", spec.name(), e.toString());
          }
        });
  }

  private Optional<CostProfile> stored(Device device) {
    return device instanceof SimulatedDevice ? Optional.empty() : cache.load(key(device));
  }

  private ProfileKey key(Device device) {
    return ProfileKey.of(spec, device.info());
  }
}
