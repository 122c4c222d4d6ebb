package io.adaspec.api.server;

import io.adaspec.actors.DeviceOpener;
import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.device.sim.SimulatedDevice;
import io.adaspec.runtime.device.sim.SimulatedDeviceProvider;
import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.step.StepResult;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A simulated device that waits for a permit before each step. */
final class GatedDevice {
  private static final int PLENTY = 1_000_000;
  private static final String NAME = "sim:tiny,vocab=512,context=4096";

  private final Semaphore permits;
  final AtomicInteger begun = new AtomicInteger();

  private GatedDevice(int permits) {
    this.permits = new Semaphore(permits);
  }

  /** Takes no step before {@link #allow}. */
  static GatedDevice closed() {
    return new GatedDevice(0);
  }

  /** Takes steps as they come. */
  static GatedDevice open() {
    return new GatedDevice(PLENTY);
  }

  void allow(int steps) {
    permits.release(steps);
  }

  void allowAll() {
    permits.release(PLENTY);
  }

  DeviceOpener opener() {
    return new DeviceOpener(
        "gated",
        () -> new Gated(SimulatedDeviceProvider.openSimulated(NAME)),
        device -> ((Gated) device).inner.cost());
  }

  private final class Gated implements Device {
    private final SimulatedDevice inner;

    private Gated(SimulatedDevice inner) {
      this.inner = inner;
    }

    @Override
    public DeviceInfo info() {
      return inner.info();
    }

    @Override
    public StepResult execute(StepPlan plan) {
      begun.incrementAndGet();
      try {
        if (!permits.tryAcquire(30, TimeUnit.SECONDS)) {
          throw new IllegalStateException("the test never allowed this step");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
      return inner.execute(plan);
    }

    @Override
    public void close() {
      inner.close();
    }
  }
}
