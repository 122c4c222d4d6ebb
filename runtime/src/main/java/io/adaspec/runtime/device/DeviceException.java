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

  /** Whether opening the device again is pointless. */
  public boolean permanent() {
    return permanent;
  }
}
