package io.adaspec.gpu;

/** The status that a driver call ended with; the cause of the device's exception. */
final class CudaStatusException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;

  CudaStatusException(int status, String call) {
    super(call + " ended with " + status);
    this.status = status;
  }

  int status() {
    return status;
  }
}
