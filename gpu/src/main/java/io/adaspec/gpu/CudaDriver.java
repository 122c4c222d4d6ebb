package io.adaspec.gpu;

import io.adaspec.runtime.device.DeviceException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** Looks for a usable NVIDIA driver without touching a GPU. */
final class CudaDriver {
  /** CUDA 13.0, driver 580: older ones refuse cubins and PTX of nvcc 13. */
  private static final int LEAST_VERSION = 13_000;

  private static final String LIBRARY = "libcuda.so.1";

  private CudaDriver() {}

  /** What was found. */
  sealed interface Found {
    /** A driver and this many GPUs, at least one. */
    record Gpus(int count) implements Found {}

    /** No GPU can be used. */
    record Nothing(String reason, String remedy) implements Found {}
  }

  /** Looks for driver and GPUs; never throws. */
  @SuppressWarnings("restricted") // the product runs with native access
  static Found find() {
    try (Arena arena = Arena.ofConfined()) {
      SymbolLookup.libraryLookup(LIBRARY, arena);
    } catch (IllegalArgumentException e) {
      return new Found.Nothing(
          "no NVIDIA driver: " + LIBRARY + " cannot be loaded",
          "install the NVIDIA driver (580 or newer), or use --device cpu");
    }
    try {
      return ask();
    } catch (LinkageError e) {
      return new Found.Nothing(
          "JCuda's native library does not fit this machine: " + e.getMessage(),
          "use Linux on x86-64 with a writable temporary folder (java.io.tmpdir)");
    } catch (DeviceException e) {
      return new Found.Nothing(String.valueOf(e.getMessage()), "check the driver with nvidia-smi");
    }
  }

  private static Found ask() {
    int status = JCudaDriver.cuInit(0);
    if (status != CUresult.CUDA_SUCCESS) {
      return new Found.Nothing(
          String.valueOf(CudaCheck.failure(status, "cuInit").getMessage()),
          "check the driver with nvidia-smi");
    }
    int[] version = new int[1];
    CudaCheck.check(JCudaDriver.cuDriverGetVersion(version), "cuDriverGetVersion");
    if (version[0] < LEAST_VERSION) {
      return new Found.Nothing(
          "the NVIDIA driver is for CUDA "
              + version[0] / 1000
              + "."
              + version[0] % 1000 / 10
              + " and too old: the kernels are compiled for CUDA 13.0",
          "install driver 580 or newer (nvidia-smi shows the version), or use --device cpu");
    }
    int[] count = new int[1];
    CudaCheck.check(JCudaDriver.cuDeviceGetCount(count), "cuDeviceGetCount");
    return count[0] > 0
        ? new Found.Gpus(count[0])
        : new Found.Nothing(
            "the driver sees no GPU", "check nvidia-smi and the variable CUDA_VISIBLE_DEVICES");
  }
}
