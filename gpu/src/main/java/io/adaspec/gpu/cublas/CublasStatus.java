package io.adaspec.gpu.cublas;

import io.adaspec.runtime.device.DeviceException;

/** Turns status codes of cuBLASLt into {@link DeviceException}s, as {@code CudaCheck} does. */
final class CublasStatus {
  static final int SUCCESS = 0;
  static final int NOT_SUPPORTED = 15;

  private CublasStatus() {}

  /**
   * @param call the function, and what it was for
   * @throws DeviceException unless the status is success: call, name of the code, remedy
   */
  static void check(int status, String call) {
    if (status != SUCCESS) {
      throw DeviceException.transientFailure(
          call + " failed: " + name(status) + " (" + status + "); " + remedy(status));
    }
  }

  private static String name(int status) {
    return switch (status) {
      case 1 -> "CUBLAS_STATUS_NOT_INITIALIZED";
      case 3 -> "CUBLAS_STATUS_ALLOC_FAILED";
      case 7 -> "CUBLAS_STATUS_INVALID_VALUE";
      case 8 -> "CUBLAS_STATUS_ARCH_MISMATCH";
      case 11 -> "CUBLAS_STATUS_MAPPING_ERROR";
      case 13 -> "CUBLAS_STATUS_EXECUTION_FAILED";
      case 14 -> "CUBLAS_STATUS_INTERNAL_ERROR";
      case NOT_SUPPORTED -> "CUBLAS_STATUS_NOT_SUPPORTED";
      case 16 -> "CUBLAS_STATUS_LICENSE_ERROR";
      default -> "no status that is known";
    };
  }

  private static String remedy(int status) {
    return switch (status) {
      case 1 ->
          "the library cannot use the driver or the GPU; take one of a CUDA version that nvidia-smi"
              + " shows, or an older one";
      case 3 -> "the GPU's memory is used up; give less KV memory";
      case 8, NOT_SUPPORTED ->
          "the library is too old for the GPU or the product; take a newer one";
      case 13 -> "check the GPU with nvidia-smi";
      default -> "take another version of the library, or leave fast prefill off";
    };
  }
}
