package io.adaspec.actors;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.device.sim.SimulatedDeviceProvider;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.step.SequenceWork;
import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.step.StepResult;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * A device under a test's control: it may wait for a permit before each step, and fail when told
 * to. Survives being opened again.
 */
final class TestDevice {
  private static final int PLENTY = 1_000_000;

  private final String name;
  private final Supplier<? extends Device> devices;
  private final CostModel cost;
  private final Semaphore permits;
  final Queue<Throwable> stepFaults = new ConcurrentLinkedQueue<>();
  final Queue<Throwable> openFaults = new ConcurrentLinkedQueue<>();
  final Queue<StepPlan> plans = new ConcurrentLinkedQueue<>();
  final Set<String> threads = ConcurrentHashMap.newKeySet();
  final AtomicInteger opened = new AtomicInteger();
  final AtomicInteger closed = new AtomicInteger();

  private volatile Predicate<StepPlan> poisonous = plan -> false;

  private TestDevice(String name, Supplier<? extends Device> devices, CostModel cost, int permits) {
    this.name = name;
    this.devices = devices;
    this.cost = cost;
    this.permits = new Semaphore(permits);
  }

  /** A failure after which the device may be opened again. */
  static DeviceException failure() {
    return DeviceException.transientFailure("injected", new IllegalStateException("injected"));
  }

  /** A failure after which it is lost. */
  static DeviceException loss() {
    return DeviceException.permanentFailure("burnt out", new IllegalStateException("injected"));
  }

  private static TestDevice simulated(String name, int permits) {
    return new TestDevice(
        name,
        () -> SimulatedDeviceProvider.openSimulated(name),
        SimulatedDeviceProvider.openSimulated(name).cost(),
        permits);
  }

  /** Executes steps as they come, on any device. */
  static TestDevice over(String name, Supplier<? extends Device> devices, CostModel cost) {
    return new TestDevice(name, devices, cost, PLENTY);
  }

  /** Executes steps as they come. */
  static TestDevice running(String name) {
    return simulated(name, PLENTY);
  }

  /** Executes as many steps as {@link #allow} says. */
  static TestDevice gated(String name) {
    return simulated(name, 0);
  }

  /** Fails every step that it holds for. */
  void failWhere(Predicate<StepPlan> condition) {
    poisonous = condition;
  }

  /** Rows that the steps so far computed of a prompt's sequence, draft tokens not counted. */
  int rowsOf(TokenIds prompt) {
    return plans.stream()
        .flatMap(plan -> plan.work().stream())
        .filter(work -> belongsTo(work, prompt))
        .mapToInt(SequenceWork::rows)
        .sum();
  }

  /** Whether a plan has work for a prompt's sequence. */
  static boolean has(StepPlan plan, TokenIds prompt) {
    return plan.work().stream().anyMatch(work -> belongsTo(work, prompt));
  }

  private static boolean belongsTo(SequenceWork work, TokenIds prompt) {
    for (int i = 0; i < prompt.size(); i++) {
      if (work.tokens().get(i) != prompt.get(i)) {
        return false;
      }
    }
    return true;
  }

  void allow(int steps) {
    permits.release(steps);
  }

  void allowAll() {
    permits.release(PLENTY);
  }

  DeviceOpener opener() {
    return new DeviceOpener(name, this::open, device -> cost);
  }

  /** Opens the device not before {@code latch} allows it. */
  DeviceOpener openerAfter(CountDownLatch latch) {
    return new DeviceOpener(
        name,
        () -> {
          try {
            latch.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          return open();
        },
        device -> cost);
  }

  private Device open() {
    threads.add(Thread.currentThread().getName());
    opened.incrementAndGet();
    throwNext(openFaults);
    return new Controlled(devices.get());
  }

  private static void throwNext(Queue<Throwable> faults) {
    switch (faults.poll()) {
      case null -> {}
      case RuntimeException exception -> throw exception;
      case Error error -> throw error;
      case Throwable checked -> throw new IllegalStateException(checked);
    }
  }

  private final class Controlled implements Device {
    private final Device inner;

    private Controlled(Device inner) {
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
      throwNext(stepFaults);
      if (poisonous.test(plan)) {
        throw DeviceException.transientFailure("poisoned step " + plan.id());
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
