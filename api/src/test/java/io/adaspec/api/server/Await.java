package io.adaspec.api.server;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits for what happens on other threads. */
final class Await {
  private static final long PATIENCE_NANOS = 15_000_000_000L;
  private static final long PAUSE_NANOS = 2_000_000;

  private Await() {}

  /** Returns once a condition holds; fails when it does not come true. */
  static void until(Supplier<String> what, BooleanSupplier condition) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > PATIENCE_NANOS) {
        throw new AssertionError("never came true: " + what.get());
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }
}
