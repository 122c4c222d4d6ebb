package io.adaspec.gpu;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.adaspec.gpu.cublas.CublasLtLibrary;
import java.util.Optional;

/** The GPU that tests of arithmetic run on: emulated, or a real one when asked for. */
final class TestGpu {
  private static final String REAL = "adaspec.gpu.real";

  private TestGpu() {}

  /** Makes GPU 0 usable. Skips the test where it cannot be. */
  static void require() {
    if (Boolean.getBoolean(REAL)) {
      CudaDriver.Found found = CudaDriver.find();
      assumeTrue(found instanceof CudaDriver.Found.Gpus, () -> "no real GPU: " + found);
    } else {
      EmulatedDriver.load();
    }
  }

  /** The cuBLASLt that belongs to it. Skips the test on a real GPU without one. */
  static CublasLtLibrary library() {
    CublasLtLibrary.Found found =
        CublasLtLibrary.find(
            Boolean.getBoolean(REAL)
                ? Optional.empty()
                : Optional.of(EmulatedCublasLt.load().file()));
    assumeTrue(found instanceof CublasLtLibrary.Found.Library, () -> "no cuBLASLt: " + found);
    return ((CublasLtLibrary.Found.Library) found).library();
  }

  /** A context on it. */
  static CudaContext context() {
    require();
    return CudaContext.create(0);
  }
}
