package io.adaspec.runtime.device;

/**
 * A device failed; the KV memory it held is to be taken as lost. The message says what failed and
 * the remedy.
 */
public final class DeviceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private enum Extent {
    STEP,
    OPENING,
    DEVICE
  }

  private final Extent extent;

  private DeviceException(String message, Extent extent, Throwable cause) {
    super(message, cause);
    this.extent = extent;
  }

  private DeviceException(String message, Extent extent) {
    super(message);
    this.extent = extent;
  }

  /**
   * A step failed for its own sake, such as a plan that does not fit or logits that are not finite:
   * the device is sound and takes the next step, but what its KV blocks hold is not to be relied
   * on.
   */
  public static DeviceException stepFailure(String message, Throwable cause) {
    return new DeviceException(message, Extent.STEP, cause);
  }

  /** A failure after which the device may be opened again, found by the device itself. */
  public static DeviceException transientFailure(String message) {
    return new DeviceException(message, Extent.OPENING);
  }

  /** A failure after which this device is lost to the process, found by the device itself. */
  public static DeviceException permanentFailure(String message) {
    return new DeviceException(message, Extent.DEVICE);
  }

  /** A failure after which the device may be opened again. */
  public static DeviceException transientFailure(String message, Throwable cause) {
    return new DeviceException(message, Extent.OPENING, cause);
  }

  /** A failure after which this device is lost to the process. */
  public static DeviceException permanentFailure(String message, Throwable cause) {
    return new DeviceException(message, Extent.DEVICE, cause);
  }

  /**
   * A failure from an error of the JVM that only this device's work met: memory or stack used up, a
   * mapped model file that became shorter, a native library that is not there. The process is
   * sound, the device may be opened again.
   *
   * @param what what was done
   */
  public static DeviceException ofError(String what, Error error) {
    String remedy =
        switch (error) {
          case OutOfMemoryError memory ->
              "give the device less KV memory or smaller steps, or the JVM more memory";
          case StackOverflowError stack -> "give the JVM more stack with -Xss";
          case LinkageError linkage -> "check the installation; a class or library is missing";
          default -> "check that the model file is whole and readable; do not change it in place";
        };
    return transientFailure(what + " failed: " + error + "; " + remedy, error);
  }

  /** Whether opening the device again is pointless. */
  public boolean permanent() {
    return extent == Extent.DEVICE;
  }

  /** Whether the step alone failed, so that opening the device again is not called for. */
  public boolean ofStep() {
    return extent == Extent.STEP;
  }
}
