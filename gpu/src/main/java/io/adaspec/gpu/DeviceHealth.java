package io.adaspec.gpu;

import io.adaspec.runtime.device.DeviceException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What is known of one GPU over all times it was opened. Thread-safe.
 *
 * <p>How often in a row it has failed: a GPU that fails {@value #MOST_FAILURES} times without a
 * step between them is taken for dead, whatever its codes say, for opening it once more would go on
 * for ever. And whether cuBLASLt has failed on it.
 */
final class DeviceHealth {
  static final int MOST_FAILURES = 5;

  private final AtomicInteger failures = new AtomicInteger();
  private volatile boolean libraryFailed;

  /** A step went well. */
  void worked() {
    if (failures.get() != 0) {
      failures.set(0);
    }
  }

  /** Whether cuBLASLt has never failed on this GPU. */
  boolean trustsLibrary() {
    return !libraryFailed;
  }

  /** Leaves cuBLASLt alone from now on. */
  void distrustLibrary() {
    libraryFailed = true;
  }

  /** Counts a failure. Returns it, as a permanent one when it is one too many. */
  DeviceException failed(DeviceException failure) {
    int count = failures.incrementAndGet();
    if (failure.permanent() || count < MOST_FAILURES) {
      return failure;
    }
    return DeviceException.permanentFailure(
        "the GPU failed "
            + count
            + " times in a row and is given up; check nvidia-smi and the system log (dmesg, Xid);"
            + " the last failure: "
            + failure.getMessage(),
        failure);
  }
}
