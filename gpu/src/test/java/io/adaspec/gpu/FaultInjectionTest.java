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

  /** Every call with every code, which takes minutes; otherwise with one code each, in turn. */
  private static final boolean ALL_CODES = Boolean.getBoolean("adaspec.gpu.faults.all");

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
    int rounds = ALL_CODES ? CODES.length : 1;
    for (int round = 0; round < rounds; round++) {
      for (long n = 1; n <= calls; n++) {
        int code = CODES[(int) ((n + round) % CODES.length)];
        driver.fail(n, code);
        try {
          assertThat(runAnew(spec)).as("call %d failed unnoticed", n).isEqualTo(healthy);
        } catch (DeviceException e) {
          failures++;
          assertThat(e).hasMessageContaining("cu").hasMessageContaining("CUDA_ERROR_");
        }
        driver.reset();
        assertThat(driver.allocations()).as("leak after call %d failed", n).isEqualTo(allocations);
      }
    }
    assertThat(failures).as("of %d calls", calls).isGreaterThan((int) (calls * rounds * 0.6));
    assertThat(runAnew(spec)).isEqualTo(healthy);
  }

  @Test
  void aGpuMayBeLostAtAnyCall() {
    DeviceSpec spec = CudaDevices.spec("cuda:0", model(3), Optional.of(model(4)));
    long before = driver.calls();
    long callsToText;
    List<Integer> healthy;
    try (Device device = provider.open(spec)) {
      healthy = CudaDevices.decode(device, OUTPUT);
      callsToText = driver.calls() - before;
    }
    long calls = driver.calls() - before;
    long allocations = driver.allocations();
    for (long n = 1; n <= calls; n++) {
      driver.loseLater(n);
      boolean noticed = false;
      try {
        assertThat(runAnew(spec)).as("lost at call %d unnoticed", n).isEqualTo(healthy);
      } catch (DeviceException e) {
        noticed = true;
        assertThat(e.permanent()).as("lost at call %d: %s", n, e.getMessage()).isTrue();
        assertThat(e).hasMessageContaining("CUDA_ERROR_ECC_UNCORRECTABLE");
      }
      assertThat(noticed)
          .as("lost at call %d of %d to the text", n, callsToText)
          .isEqualTo(n <= callsToText);
      driver.reset();
      assertThat(driver.allocations()).as("leak after loss at call %d", n).isEqualTo(allocations);
    }
    assertThat(runAnew(spec)).isEqualTo(healthy);
  }

  @Test
  void outOfMemoryAfterOpeningLetsTheDeviceBeOpenedAgain() {
    DeviceSpec spec = CudaDevices.spec("cuda:0", model(3), Optional.empty());
    List<Integer> healthy = run(spec);
    try (Device device = provider.open(spec)) {
      driver.fail(4, CUresult.CUDA_ERROR_OUT_OF_MEMORY);
      assertThatThrownBy(() -> CudaDevices.decode(device, OUTPUT))
          .isInstanceOfSatisfying(DeviceException.class, e -> assertThat(e.permanent()).isFalse())
          .hasMessageContaining("CUDA_ERROR_OUT_OF_MEMORY");
    }
    assertThat(run(spec)).isEqualTo(healthy);
  }

  @Test
  void aGpuThatFailsAgainAndAgainIsGivenUp() {
    DeviceSpec spec = CudaDevices.spec("cuda:0", model(3), Optional.empty());
    for (int i = 1; i <= DeviceHealth.MOST_FAILURES; i++) {
      boolean last = i == DeviceHealth.MOST_FAILURES;
      boolean whileOpening = i % 2 == 0;
      assertThatThrownBy(() -> failOnce(spec, whileOpening))
          .isInstanceOfSatisfying(
              DeviceException.class, e -> assertThat(e.permanent()).isEqualTo(last))
          .hasMessageContaining("CUDA_ERROR_UNKNOWN");
    }
    assertThat(run(spec)).as("a person may try again").hasSize(OUTPUT);
    assertThatThrownBy(() -> failOnce(spec, true))
        .isInstanceOfSatisfying(DeviceException.class, e -> assertThat(e.permanent()).isFalse());
  }

  private void failOnce(DeviceSpec spec, boolean whileOpening) {
    if (whileOpening) {
      driver.fail(12, CUresult.CUDA_ERROR_UNKNOWN);
    }
    try (Device device = provider.open(spec)) {
      driver.fail(3, CUresult.CUDA_ERROR_UNKNOWN);
      CudaDevices.decode(device, OUTPUT);
    }
  }

  @Test
  void logitsThatAreNotFiniteFailOneStepAndNotTheDevice() {
    ModelWeights bad = RandomModels.notFinite();
    try (Device device = provider.open(CudaDevices.spec("cuda:0", bad, Optional.empty()))) {
      for (int attempt = 0; attempt <= DeviceHealth.MOST_FAILURES; attempt++) {
        assertThatThrownBy(() -> CudaDevices.decode(device, OUTPUT))
            .isInstanceOfSatisfying(DeviceException.class, e -> assertThat(e.permanent()).isFalse())
            .hasMessageContaining("300 of 300 logits")
            .hasMessageContaining("not finite")
            .hasMessageNotContaining("lost");
      }
    }
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

  /** With a provider that does not know how often the GPU failed before. */
  private static List<Integer> runAnew(DeviceSpec spec) {
    try (Device device = new CudaDeviceProvider().open(spec)) {
      return CudaDevices.decode(device, OUTPUT);
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
            false,
            true);
    return RandomModels.of(config, WeightFormat.Q8_0, seed);
  }
}
