package io.adaspec.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.model.ModelConfig;
import io.adaspec.runtime.model.ModelConfig.RopePairing;
import io.adaspec.runtime.model.ModelWeights;
import io.adaspec.runtime.model.RopeScaling;
import io.adaspec.runtime.tensor.WeightFormat;
import java.util.List;
import java.util.Optional;
import jcuda.driver.CUresult;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A GPU that fails at any call in turn never harms the process. */
class FaultInjectionTest {
  private static final int OUTPUT = 9;
  private static final int[] CODES = {
    CUresult.CUDA_ERROR_OUT_OF_MEMORY,
    CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
    CUresult.CUDA_ERROR_LAUNCH_FAILED,
    CUresult.CUDA_ERROR_ECC_UNCORRECTABLE,
    CUresult.CUDA_ERROR_INVALID_VALUE,
    CUresult.CUDA_ERROR_LAUNCH_TIMEOUT,
    CUresult.CUDA_ERROR_UNKNOWN
  };

  private final EmulatedDriver driver = EmulatedDriver.load();
  private final CudaDeviceProvider provider = new CudaDeviceProvider();

  @AfterEach
  void heal() {
    driver.reset();
  }

  @Test
  void everyCallMayFailWithoutMoreThanADeviceException() {
    DeviceSpec spec = CudaDevices.spec("cuda:0", model(3), Optional.of(model(4)));
    long before = driver.calls();
    List<Integer> healthy = run(spec);
    long calls = driver.calls() - before;
    long allocations = driver.allocations();
    int failures = 0;
    for (long n = 1; n <= calls; n++) {
      int code = CODES[(int) (n % CODES.length)];
      driver.fail(n, code);
      try {
        assertThat(run(spec)).as("call %d failed unnoticed", n).isEqualTo(healthy);
      } catch (DeviceException e) {
        failures++;
        assertThat(e).hasMessageContaining("cu").hasMessageContaining("CUDA_ERROR_");
      }
      driver.reset();
      assertThat(driver.allocations()).as("leak after call %d failed", n).isEqualTo(allocations);
    }
    assertThat(failures).as("of %d calls", calls).isGreaterThan((int) (calls * 0.6));
    assertThat(run(spec)).isEqualTo(healthy);
  }

  @Test
  void afterAStickyErrorTheDeviceStaysLostAndCanBeOpenedAgain() {
    DeviceSpec spec = CudaDevices.spec("cuda:0", model(3), Optional.empty());
    List<Integer> healthy = run(spec);
    try (Device device = provider.open(spec)) {
      driver.fail(6, CUresult.CUDA_ERROR_ILLEGAL_ADDRESS);
      assertThatThrownBy(() -> CudaDevices.decode(device, OUTPUT))
          .isInstanceOfSatisfying(DeviceException.class, e -> assertThat(e.permanent()).isFalse())
          .hasMessageContaining("CUDA_ERROR_ILLEGAL_ADDRESS");
      assertThatThrownBy(() -> CudaDevices.decode(device, OUTPUT))
          .isInstanceOf(DeviceException.class)
          .hasMessageContaining("is lost")
          .hasMessageContaining("CUDA_ERROR_ILLEGAL_ADDRESS");
    }
    assertThat(run(spec)).isEqualTo(healthy);
  }

  @Test
  void aLostGpuLeavesTheOtherAlone() {
    driver.setDevices(2);
    ModelWeights model = model(3);
    try (Device one = provider.open(CudaDevices.spec("cuda:0", model, Optional.empty()));
        Device two = provider.open(CudaDevices.spec("cuda:1", model, Optional.empty()))) {
      List<Integer> text = CudaDevices.decode(one, OUTPUT);
      driver.loseDevice(0);
      assertThatThrownBy(() -> CudaDevices.decode(one, OUTPUT))
          .isInstanceOfSatisfying(DeviceException.class, e -> assertThat(e.permanent()).isTrue())
          .hasMessageContaining("CUDA_ERROR_ECC_UNCORRECTABLE")
          .hasMessageContaining("lost");
      assertThat(CudaDevices.decode(two, OUTPUT)).isEqualTo(text);
    }
  }

  private List<Integer> run(DeviceSpec spec) {
    try (Device device = provider.open(spec)) {
      return CudaDevices.decode(device, OUTPUT);
    }
  }

  /** As few tensors as possible, so that there are few calls. */
  private static ModelWeights model(long seed) {
    ModelConfig config =
        new ModelConfig(
            "llama",
            "least",
            40,
            1,
            32,
            32,
            2,
            2,
            16,
            64,
            1e-5f,
            10_000,
            16,
            new RopeScaling.None(),
            RopePairing.INTERLEAVED,
            false,
            true);
    return RandomModels.of(config, WeightFormat.Q8_0, seed);
  }
}
