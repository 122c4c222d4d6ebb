package io.adaspec.runtime.device.sim;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceContract;
import io.adaspec.runtime.device.DeviceSpec;
import java.util.Optional;

class SimulatedDeviceContractTest extends DeviceContract {
  @Override
  protected Device open() {
    String name = "sim:tiny,audit,vocab=200,context=200,blocks=100,stop=-1";
    return new SimulatedDeviceProvider()
        .open(new DeviceSpec(name, Optional.empty(), Optional.empty(), 0, 0, 16, MAX_ROWS));
  }
}
