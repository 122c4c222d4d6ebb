package io.adaspec.gpu;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.device.StepRunner;
import io.adaspec.runtime.model.ModelRunner;
import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.step.StepResult;
import io.adaspec.runtime.time.NanoClock;
import java.util.Optional;

/**
 * One GPU with its models. Owns its context; opened, used and closed by one thread.
 *
 * <p>After a failure of the GPU every further step fails too: the context may be lost, and whoever
 * drives the device opens it again, with empty KV memory, where that is worth trying. A plan that
 * the device cannot take and logits that are not finite fail one step only.
 */
final class CudaDevice implements Device {
  private final DeviceInfo info;
  private final CudaContext context;
  private final DeviceHealth health;
  private final ModelRunner target;
  private final Optional<ModelRunner> draft;
  private final Optional<LibraryProducts> library;
  private final StepRunner steps;
  private Optional<DeviceException> failure = Optional.empty();

  /**
   * @param library that the target leaves prefill to; closed with it
   */
  CudaDevice(
      DeviceInfo info,
      CudaContext context,
      DeviceHealth health,
      ModelRunner target,
      Optional<ModelRunner> draft,
      Optional<LibraryProducts> library) {
    this.info = info;
    this.context = context;
    this.health = health;
    this.target = target;
    this.draft = draft;
    this.library = library;
    this.steps = new StepRunner(target, draft, NanoClock.system());
  }

  @Override
  public DeviceInfo info() {
    return info;
  }

  @Override
  public StepResult execute(StepPlan plan) {
    if (failure.isPresent()) {
      DeviceException first = failure.get();
      String message = info.name() + " failed before and is lost: " + first.getMessage();
      throw first.permanent()
          ? DeviceException.permanentFailure(message, first)
          : DeviceException.transientFailure(message, first);
    }
    try {
      context.enter();
      StepResult result = steps.execute(plan);
      health.worked();
      return result;
    } catch (DeviceException e) {
      if (e.ofStep()) {
        throw e;
      }
      library.ifPresent(LibraryProducts::deviceFailed);
      DeviceException counted = health.failed(e);
      failure = Optional.of(counted);
      throw counted;
    }
  }

  @Override
  public void close() {
    draft.ifPresent(ModelRunner::close);
    target.close();
    context.close();
  }
}
