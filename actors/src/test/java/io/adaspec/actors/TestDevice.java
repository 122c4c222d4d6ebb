package io.adaspec.actors;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.device.sim.SimulatedDevice;
import io.adaspec.runtime.device.sim.SimulatedDeviceProvider;
import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.step.StepResult;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A simulated device under a test's control: it may wait for a permit before each step, and fail
 * when told to. Survives being opened again.
 */
final class TestDevice {
  private static final int PLENTY = 1_000_000;

  private final String name;
  private final Semaphore permits;
  final Queue<RuntimeException> stepFaults = new ConcurrentLinkedQueue<>();
  final Queue<RuntimeException> openFaults = new ConcurrentLinkedQueue<>();
  final Queue<StepPlan> plans = new ConcurrentLinkedQueue<>();
  final Set<String> threads = ConcurrentHashMap.newKeySet();
  final AtomicInteger opened = new AtomicInteger();
  final AtomicInteger closed = new AtomicInteger();

  private TestDevice(String name, int permits) {
    this.name = name;
    this.permits = new Semaphore(permits);
  }

  /** Executes steps as they come. */
  static TestDevice running(String name) {
    return new TestDevice(name, PLENTY);
  }

  /** Executes as many steps as {@link #allow} says. */
  static TestDevice gated(String name) {
    return new TestDevice(name, 0);
  }

  void allow(int steps) {
    permits.release(steps);
  }

  void allowAll() {
    permits.release(PLENTY);
  }

  DeviceOpener opener() {
    return new DeviceOpener(name, this::open, device -> ((Controlled) device).inner.cost());
  }

  private Device open() {
    threads.add(Thread.currentThread().getName());
    opened.incrementAndGet();
    RuntimeException fault = openFaults.poll();
    if (fault != null) {
      throw fault;
    }
    return new Controlled(SimulatedDeviceProvider.openSimulated(name));
  }

  private final class Controlled implements Device {
    private final SimulatedDevice inner;

    private Controlled(SimulatedDevice inner) {
      this.inner = inner;
    }

    @Override
    public DeviceInfo info() {
      return inner.info();
    }

    @Override
    public StepResult execute(StepPlan plan) {
      threads.add(Thread.currentThread().getName());
      plans.add(plan);
      awaitPermit();
      RuntimeException fault = stepFaults.poll();
      if (fault != null) {
        throw fault;
      }
      return inner.execute(plan);
    }

    private void awaitPermit() {
      try {
        if (!permits.tryAcquire(20, TimeUnit.SECONDS)) {
          throw new IllegalStateException("the test never allowed this step");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void close() {
      threads.add(Thread.currentThread().getName());
      closed.incrementAndGet();
      inner.close();
    }
  }
}
