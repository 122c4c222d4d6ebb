package io.adaspec.runtime.device;

/**
 * A device failed; the KV memory it held is to be taken as lost. The message says what failed and
 * the remedy.
 */
public final class DeviceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean permanent;

  private DeviceException(String message, boolean permanent, Throwable cause) {
    super(message, cause);
    this.permanent = permanent;
  }

  private DeviceException(String message, boolean permanent) {
    super(message);
    this.permanent = permanent;
  }

  /** A failure after which the device may be opened again, found by the device itself. */
  public static DeviceException transientFailure(String message) {
    return new DeviceException(message, false);
  }

  /** A failure after which this device is lost to the process, found by the device itself. */
  public static DeviceException permanentFailure(String message) {
    return new DeviceException(message, true);
  }

  /** A failure after which the device may be opened again. */
  public static DeviceException transientFailure(String message, Throwable cause) {
    return new DeviceException(message, false, cause);
  }

  /** A failure after which this device is lost to the process. */
  public static DeviceException permanentFailure(String message, Throwable cause) {
    return new DeviceException(message, true, cause);
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
    return permanent;
  }
}
