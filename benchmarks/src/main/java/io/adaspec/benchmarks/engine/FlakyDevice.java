package io.adaspec.benchmarks.engine;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.step.StepResult;
import java.util.SplittableRandom;

/** A device that now and then fails in the middle of a step. Used by one thread. */
final class FlakyDevice implements Device {
  private final Device inner;
  private final SplittableRandom random;
  private final double failureProbability;

  FlakyDevice(Device inner, SplittableRandom random, double failureProbability) {
    this.inner = inner;
    this.random = random;
    this.failureProbability = failureProbability;
  }

  @Override
  public DeviceInfo info() {
    return inner.info();
  }

  @Override
  public StepResult execute(StepPlan plan) {
    StepResult result = inner.execute(plan);
    if (random.nextDouble() < failureProbability) {
      throw DeviceException.transientFailure("random failure in step " + plan.id());
    }
    return result;
  }

  @Override
  public void close() {
    inner.close();
  }
}
