package io.adaspec.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.device.FastPrefill;
import io.adaspec.runtime.model.ModelWeights;
import io.adaspec.runtime.tensor.WeightFormat;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import jcuda.driver.CUresult;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Devices with fast prefill: what they say of themselves, and what becomes of failures. */
class FastPrefillDeviceTest {
  private static final int OUTPUT = 5;

  private final EmulatedDriver driver = EmulatedDriver.load();
  private final EmulatedCublasLt library = EmulatedCublasLt.load();
  private final CudaDeviceProvider provider = new CudaDeviceProvider();
  private final ModelWeights model =
      RandomModels.of(RandomModels.config(false), WeightFormat.BF16, 1);
  private final DeviceSpec plain = CudaDevices.spec("cuda:0", model, Optional.empty());
  private final DeviceSpec fast = plain.withFastPrefill(library.from(3));

  @AfterEach
  void heal() {
    driver.reset();
    library.reset();
  }

  @Test
  void isOffUnlessAskedFor() {
    assertThat(plain.fastPrefill()).isEqualTo(FastPrefill.off());
    long before = library.products();
    try (Device device = provider.open(plain)) {
      assertThat(device.info().bitExact()).isTrue();
      CudaDevices.decode(device, OUTPUT);
    }
    assertThat(library.products()).isEqualTo(before);
  }

  @Test
  void saysThatItIsNotBitExactAndWhatItTakes() {
    long allocations = driver.allocations();
    try (GpuLog log = new GpuLog();
        Device device = provider.open(fast)) {
      DeviceInfo info = device.info();
      assertThat(info.bitExact()).isFalse();
      assertThat(info.withoutBlocks(1).bitExact()).isFalse();
      assertThat(info.description())
          .isEqualTo(
              provider.plan(plain).description()
                  + "; prefill from 3 rows on by cuBLASLt 13.1.0 ("
                  + library.file()
                  + "): not bit-exact");
      assertThat(provider.plan(fast).description()).isEqualTo(info.description());
      assertThat(provider.plan(fast).bitExact()).isFalse();
      assertThat(log.lines(Level.INFO).getFirst()).contains(", fast prefill 33 MiB, KV ");
      assertThat(log.lines(Level.INFO).get(1))
          .startsWith("cuda:0: prefill from 3 rows on by cuBLASLt 13.1.0")
          .endsWith("not bit-exact");
      assertThat(log.lines(Level.WARN)).isEmpty();
    }
    assertThat(library.live()).isZero();
    assertThat(driver.allocations()).isEqualTo(allocations);
  }

  @Test
  void greedyTextIsCloseAndDraftsChangeNothing() {
    List<Integer> exact = run(plain);
    long before = library.products();
    List<Integer> text = run(fast);
    assertThat(library.products() - before).as("the prompt's products").isEqualTo(5);
    assertThat(text).isEqualTo(exact);
    DeviceSpec speculating =
        CudaDevices.spec("cuda:0", model, Optional.of(model)).withFastPrefill(library.from(3));
    before = library.products();
    assertThat(run(speculating)).isEqualTo(text);
    assertThat(library.products() - before).as("drafting has none").isEqualTo(5);
  }

  @Test
  void withoutALibraryOneLineSaysWhyAndOurKernelsGoOn() {
    Path nowhere = Path.of("/nowhere/libcublasLt.so.13");
    DeviceSpec spec = plain.withFastPrefill(new FastPrefill(true, Optional.of(nowhere), 3));
    List<Integer> expected = run(plain);
    try (GpuLog log = new GpuLog();
        Device device = provider.open(spec)) {
      assertThat(log.lines(Level.WARN))
          .singleElement()
          .asString()
          .startsWith("cuda:0: no fast prefill, our kernels compute it: " + nowhere)
          .contains("install cuBLAS");
      assertThat(log.lines(Level.INFO).getFirst()).doesNotContain("fast prefill");
      assertThat(device.info().bitExact()).isTrue();
      assertThat(device.info().description()).isEqualTo(provider.plan(plain).description());
      assertThat(CudaDevices.decode(device, OUTPUT)).isEqualTo(expected);
    }
  }

  @Test
  void singlePrecisionHasNone() {
    ModelWeights floats = RandomModels.of(RandomModels.config(false), WeightFormat.F32, 1);
    DeviceSpec spec =
        CudaDevices.spec("cuda:0", floats, Optional.empty()).withFastPrefill(library.from(3));
    try (GpuLog log = new GpuLog();
        Device device = provider.open(spec)) {
      assertThat(device.info().bitExact()).isTrue();
      assertThat(log.lines(Level.WARN))
          .singleElement()
          .asString()
          .contains("the weights of model random are F32")
          .contains("take a BF16");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "cublasLtCreate, 1, CUBLAS_STATUS_NOT_INITIALIZED",
    "cublasLtMatmulDescCreate, 14, CUBLAS_STATUS_INTERNAL_ERROR",
    "cublasLtMatmulDescSetAttribute, 7, CUBLAS_STATUS_INVALID_VALUE",
  })
  void aLibraryThatCannotStartIsLeftOut(String function, int status, String name) {
    List<Integer> expected = run(plain);
    long allocations = driver.allocations();
    library.fail(function, status);
    try (GpuLog log = new GpuLog();
        Device device = provider.open(fast)) {
      assertThat(device.info().bitExact()).isTrue();
      assertThat(log.lines(Level.WARN))
          .singleElement()
          .asString()
          .startsWith("cuda:0: no fast prefill, our kernels compute it: " + function)
          .contains(" failed: " + name + " (" + status + "); ");
      assertThat(CudaDevices.decode(device, OUTPUT)).isEqualTo(expected);
    }
    assertThat(library.live()).isZero();
    assertThat(driver.allocations()).isEqualTo(allocations);
  }

  @ParameterizedTest
  @CsvSource({
    "cublasLtMatrixLayoutCreate, 3, CUBLAS_STATUS_ALLOC_FAILED",
    "cublasLtMatmulPreferenceSetAttribute, 7, CUBLAS_STATUS_INVALID_VALUE",
    "cublasLtMatmulAlgoGetHeuristic, 8, CUBLAS_STATUS_ARCH_MISMATCH",
    "cublasLtMatmulAlgoGetHeuristic, 15, CUBLAS_STATUS_NOT_SUPPORTED",
    "cublasLtMatmul, 7, CUBLAS_STATUS_INVALID_VALUE",
    "cublasLtMatmul, 13, CUBLAS_STATUS_EXECUTION_FAILED",
    "cublasLtMatmul, 99, no status that is known",
  })
  void aLibraryThatFailsAtWorkIsLeftAloneFromThenOn(String function, int status, String name) {
    List<Integer> expected = run(plain);
    library.fail(function, status);
    try (GpuLog log = new GpuLog();
        Device device = provider.open(fast)) {
      assertThat(CudaDevices.decode(device, OUTPUT)).as("ours, bit for bit").isEqualTo(expected);
      assertThat(log.lines(Level.WARN))
          .singleElement()
          .asString()
          .startsWith("cuda:0: fast prefill ends, our kernels go on: " + function)
          .contains(" failed: " + name + " (" + status + "); ");
      long calls = library.count(function);
      CudaDevices.decode(device, OUTPUT);
      assertThat(library.count(function)).isEqualTo(calls);
      assertThat(device.info().bitExact()).as("KV blocks may hold its work").isFalse();
    }
    library.reset();
    try (GpuLog log = new GpuLog();
        Device device = provider.open(fast)) {
      assertThat(device.info().bitExact()).isTrue();
      assertThat(log.lines(Level.WARN))
          .singleElement()
          .asString()
          .contains("cuBLASLt failed on this GPU before");
    }
    assertThat(library.live()).isZero();
  }

  @Test
  void aLibraryWithoutAnAlgorithmIsLeftAlone() {
    List<Integer> expected = run(plain);
    library.setHelpless();
    try (GpuLog log = new GpuLog();
        Device device = provider.open(fast)) {
      assertThat(CudaDevices.decode(device, OUTPUT)).isEqualTo(expected);
      assertThat(log.lines(Level.WARN)).singleElement().asString().contains("NOT_SUPPORTED");
    }
  }

  @Test
  void aGpuThatFailsUnderTheLibraryIsOpenedAgainWithoutIt() {
    List<Integer> expected = run(plain);
    library.setFault(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS);
    try (GpuLog log = new GpuLog();
        Device device = provider.open(fast)) {
      assertThatThrownBy(() -> CudaDevices.decode(device, OUTPUT))
          .isInstanceOfSatisfying(DeviceException.class, e -> assertThat(e.permanent()).isFalse())
          .hasMessageContaining("CUDA_ERROR_ILLEGAL_ADDRESS");
      assertThat(log.lines(Level.WARN))
          .singleElement()
          .asString()
          .startsWith("cuda:0 failed while cuBLASLt worked on it");
    }
    assertThat(library.live()).isZero();
    assertThat(run(fast))
        .as("the fault is still there, the library is not used")
        .isEqualTo(expected);
  }

  @Test
  void aGpuThatFailsByItselfKeepsTheLibrary() {
    try (Device device = provider.open(fast)) {
      CudaDevices.decode(device, OUTPUT);
      driver.fail(1, CUresult.CUDA_ERROR_UNKNOWN);
      assertThatThrownBy(() -> CudaDevices.decode(device, OUTPUT))
          .isInstanceOf(DeviceException.class);
    }
    long before = library.products();
    run(fast);
    assertThat(library.products()).isGreaterThan(before);
  }

  @Test
  void anyDriverCallMayFailBesideTheLibrary() {
    long before = driver.calls();
    List<Integer> healthy = run(fast);
    long calls = driver.calls() - before;
    long allocations = driver.allocations();
    int failures = 0;
    for (long n = 1; n <= calls; n += 5) {
      driver.fail(n, CUresult.CUDA_ERROR_LAUNCH_FAILED);
      try (Device device = new CudaDeviceProvider().open(fast)) {
        assertThat(CudaDevices.decode(device, OUTPUT)).as("call %d", n).isEqualTo(healthy);
      } catch (DeviceException e) {
        failures++;
        assertThat(e).hasMessageContaining("CUDA_ERROR_");
      }
      driver.reset();
      assertThat(driver.allocations()).as("leak after call %d failed", n).isEqualTo(allocations);
      assertThat(library.live()).as("leak after call %d failed", n).isZero();
    }
    assertThat(failures).isGreaterThan((int) (calls * 0.12));
  }

  @Test
  void whereOnlyTheLibraryHasNoRoomTheRefusalSaysSo() {
    driver.setMemory(32L << 20);
    assertThatThrownBy(() -> provider.open(fast))
        .isInstanceOf(DeviceException.class)
        .hasMessageContaining("fast prefill 33 MiB")
        .hasMessageContaining("without fast prefill it fits");
    try (Device device = provider.open(plain)) {
      assertThat(device.info().kvBlocks()).isPositive();
    }
  }

  private List<Integer> run(DeviceSpec spec) {
    try (Device device = provider.open(spec)) {
      return CudaDevices.decode(device, OUTPUT);
    }
  }
}
