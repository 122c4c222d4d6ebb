package io.adaspec.gpu;

import io.adaspec.runtime.device.DeviceException;
import jcuda.driver.CUresult;

/**
 * Turns driver status codes into {@link DeviceException}s that name the call, the code and the
 * remedy.
 */
final class CudaCheck {
  private CudaCheck() {}

  /**
   * @param call the driver call, and what it was for
   * @throws DeviceException unless the status is success; permanent where opening the device again
   *     is pointless
   */
  static void check(int status, String call) {
    if (status != CUresult.CUDA_SUCCESS) {
      throw failure(status, call);
    }
  }

  /** The exception of a failed call, with its status as cause. */
  static DeviceException failure(int status, String call) {
    CudaStatusException cause = new CudaStatusException(status, call);
    String message =
        call + " failed: " + CUresult.stringFor(status) + " (" + status + "); " + remedy(status);
    return isPermanent(status)
        ? DeviceException.permanentFailure(message, cause)
        : DeviceException.transientFailure(message, cause);
  }

  /** Whether a call failed for want of memory. */
  static boolean isOutOfMemory(DeviceException failure) {
    return failure.getCause() instanceof CudaStatusException status
        && status.status() == CUresult.CUDA_ERROR_OUT_OF_MEMORY;
  }

  private static boolean isPermanent(int status) {
    return switch (status) {
      case CUresult.CUDA_ERROR_NO_DEVICE,
          CUresult.CUDA_ERROR_INVALID_DEVICE,
          CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU,
          CUresult.CUDA_ERROR_INVALID_PTX,
          CUresult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION,
          CUresult.CUDA_ERROR_INVALID_IMAGE,
          CUresult.CUDA_ERROR_INVALID_SOURCE,
          CUresult.CUDA_ERROR_JIT_COMPILER_NOT_FOUND,
          CUresult.CUDA_ERROR_SYSTEM_DRIVER_MISMATCH,
          CUresult.CUDA_ERROR_STUB_LIBRARY,
          CUresult.CUDA_ERROR_ECC_UNCORRECTABLE,
          CUresult.CUDA_ERROR_NVLINK_UNCORRECTABLE,
          CUresult.CUDA_ERROR_DEVICE_UNAVAILABLE,
          CUresult.CUDA_ERROR_DEVICE_NOT_LICENSED ->
          true;
      default -> false;
    };
  }

  private static String remedy(int status) {
    return switch (status) {
      case CUresult.CUDA_ERROR_OUT_OF_MEMORY ->
          "the GPU's memory is used up: end other programs that use it, give less KV memory, a"
              + " smaller or quantised model, or no draft model";
      case CUresult.CUDA_ERROR_NO_DEVICE ->
          "no NVIDIA GPU is visible; check nvidia-smi and CUDA_VISIBLE_DEVICES";
      case CUresult.CUDA_ERROR_INVALID_DEVICE -> "nvidia-smi -L lists the GPUs there are";
      case CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU,
          CUresult.CUDA_ERROR_INVALID_PTX,
          CUresult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION,
          CUresult.CUDA_ERROR_INVALID_IMAGE,
          CUresult.CUDA_ERROR_INVALID_SOURCE,
          CUresult.CUDA_ERROR_JIT_COMPILER_NOT_FOUND ->
          "the kernels need a GPU of compute capability 8.0 or newer and a driver for CUDA 13 (580"
              + " or newer)";
      case CUresult.CUDA_ERROR_SYSTEM_DRIVER_MISMATCH, CUresult.CUDA_ERROR_STUB_LIBRARY ->
          "reinstall the NVIDIA driver, or restart after its update";
      case CUresult.CUDA_ERROR_ECC_UNCORRECTABLE,
          CUresult.CUDA_ERROR_NVLINK_UNCORRECTABLE,
          CUresult.CUDA_ERROR_DEVICE_UNAVAILABLE,
          CUresult.CUDA_ERROR_DEVICE_NOT_LICENSED ->
          "the GPU is lost to this process; reset it (nvidia-smi --gpu-reset)";
      case CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
          CUresult.CUDA_ERROR_LAUNCH_FAILED,
          CUresult.CUDA_ERROR_HARDWARE_STACK_ERROR,
          CUresult.CUDA_ERROR_ILLEGAL_INSTRUCTION,
          CUresult.CUDA_ERROR_MISALIGNED_ADDRESS ->
          "its context is lost and the device must be opened again; please report it";
      default -> "the device must be opened again";
    };
  }
}
