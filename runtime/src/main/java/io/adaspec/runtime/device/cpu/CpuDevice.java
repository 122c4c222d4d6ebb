package io.adaspec.runtime.device.cpu;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.device.StepRunner;
import io.adaspec.runtime.model.ModelRunner;
import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.step.StepResult;
import io.adaspec.runtime.tensor.WorkerTeam;
import io.adaspec.runtime.time.NanoClock;
import java.util.Optional;

/** The processor's cores as one device. Owns its runners, their KV memory and worker team. */
final class CpuDevice implements Device {
  private final DeviceInfo info;
  private final ModelRunner target;
  private final Optional<ModelRunner> draft;
  private final CpuKvMemory kvMemory;
  private final WorkerTeam team;
  private final StepRunner steps;

  CpuDevice(
      DeviceInfo info,
      ModelRunner target,
      Optional<ModelRunner> draft,
      CpuKvMemory kvMemory,
      WorkerTeam team) {
    this.info = info;
    this.kvMemory = kvMemory;
    this.target = target;
    this.draft = draft;
    this.team = team;
    this.steps = new StepRunner(target, draft, NanoClock.system());
  }

  @Override
  public DeviceInfo info() {
    return info;
  }

  @Override
  public StepResult execute(StepPlan plan) {
    return steps.execute(plan);
  }

  @Override
  public void close() {
    draft.ifPresent(ModelRunner::close);
    target.close();
    kvMemory.close();
    team.close();
  }
}
