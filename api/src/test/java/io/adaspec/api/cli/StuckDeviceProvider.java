package io.adaspec.api.cli;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.device.DeviceProvider;
import io.adaspec.runtime.device.DeviceSpec;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** Opens {@code stuck}, a device that never finishes opening; says so on standard output. */
public final class StuckDeviceProvider implements DeviceProvider {
  static final String OPENING = "the stuck device is opening";

  @Override
  public String scheme() {
    return "stuck";
  }

  @Override
  public Probe probe() {
    return new Probe.Available(List.of("stuck"));
  }

  @Override
  public DeviceInfo plan(DeviceSpec spec) {
    throw DeviceException.permanentFailure("nobody knows what the stuck device would be");
  }

  @Override
  public Device open(DeviceSpec spec) {
    System.out.println(OPENING);
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw DeviceException.permanentFailure("the stuck device was interrupted");
  }
}
