package io.adaspec.gpu;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceContract;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.model.ModelConfig;
import io.adaspec.runtime.tensor.WeightFormat;
import java.util.Optional;
import org.junit.jupiter.api.Nested;

class CudaDeviceContractTest {
  @Nested
  class SinglePrecision extends OnGpu {
    SinglePrecision() {
      super(RandomModels.config(false), WeightFormat.F32, WeightFormat.F32);
    }
  }

  @Nested
  class Quantised extends OnGpu {
    Quantised() {
      super(RandomModels.config(true), WeightFormat.Q8_0, WeightFormat.Q4_0);
    }
  }

  @Nested
  class HalfPrecisionWithHeadNorms extends OnGpu {
    HalfPrecisionWithHeadNorms() {
      super(RandomModels.headNorms(), WeightFormat.BF16, WeightFormat.F16);
    }
  }

  abstract static class OnGpu extends DeviceContract {
    private final ModelConfig config;
    private final WeightFormat target;
    private final WeightFormat draft;

    OnGpu(ModelConfig config, WeightFormat target, WeightFormat draft) {
      this.config = config;
      this.target = target;
      this.draft = draft;
    }

    @Override
    protected Device open() {
      TestGpu.require();
      return new CudaDeviceProvider()
          .open(
              new DeviceSpec(
                  "cuda:0",
                  Optional.of(RandomModels.of(config, target, 1)),
                  Optional.of(RandomModels.of(config, draft, 1)),
                  0,
                  1 << 22,
                  16,
                  MAX_ROWS));
    }
  }
}
