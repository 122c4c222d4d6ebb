package io.adaspec.runtime.time;

/**
 * A monotonic clock in nanoseconds with an arbitrary origin; differences are what counts.
 * Thread-safe.
 */
@FunctionalInterface
public interface NanoClock {
  /** Nanoseconds since this clock's origin. */
  long nanoTime();

  /** The machine's clock. */
  static NanoClock system() {
    return System::nanoTime;
  }
}
