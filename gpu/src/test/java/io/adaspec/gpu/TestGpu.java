package io.adaspec.gpu;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

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

  /** A context on it. */
  static CudaContext context() {
    require();
    return CudaContext.create(0);
  }
}
