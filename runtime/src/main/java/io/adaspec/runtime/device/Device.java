package io.adaspec.runtime.device;

import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.step.StepResult;

/**
 * Executes steps. Blocking; called by one thread at a time; stateless but for the bytes in its KV
 * blocks: the same plan over the same KV gives the same tokens.
 */
public interface Device extends AutoCloseable {
  DeviceInfo info();

  /**
   * Runs a whole draft/verify cycle.
   *
   * @throws DeviceException if the device failed; nothing else is thrown
   */
  StepResult execute(StepPlan plan);

  @Override
  void close();
}
