package io.adaspec.runtime.device.cpu;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceContract;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.model.ModelFiles;
import io.adaspec.runtime.model.ModelWeights;
import io.adaspec.runtime.model.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

class CpuDeviceContractTest {
  @Nested
  class Vector extends OnCpu {
    Vector() {
      super("cpu");
    }
  }

  @Nested
  class Scalar extends OnCpu {
    Scalar() {
      super("cpu:scalar");
    }
  }

  abstract static class OnCpu extends DeviceContract {
    private final String name;
    private Optional<ModelWeights> model = Optional.empty();
    @TempDir Path folder;

    OnCpu(String name) {
      this.name = name;
    }

    @Override
    protected Device open() throws IOException {
      model = Optional.of(ModelFiles.openWeights(TinyModels.writeLlama(folder)));
      return new CpuDeviceProvider()
          .open(new DeviceSpec(name, model, model, 2, 1 << 22, 16, MAX_ROWS));
    }

    @AfterEach
    void closeModel() {
      model.ifPresent(ModelWeights::close);
    }
  }
}
