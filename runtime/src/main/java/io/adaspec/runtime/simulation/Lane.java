package io.adaspec.runtime.simulation;

import io.adaspec.runtime.device.sim.SimulatedDevice;
import io.adaspec.runtime.scheduler.AdmissionControl;
import io.adaspec.runtime.scheduler.Scheduler;
import io.adaspec.runtime.scheduler.SchedulerLoad;
import io.adaspec.runtime.scheduler.Sequence;
import io.adaspec.runtime.scheduler.StepOutcome;
import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.step.StepResult;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** One device with its scheduler, and the step that it is busy with. */
final class Lane {
  private final SimulatedDevice device;
  private final Scheduler scheduler;
  private @Nullable StepResult result;
  private long endNanos;

  Lane(SimulatedDevice device, Scheduler scheduler) {
    this.device = device;
    this.scheduler = scheduler;
  }

  Scheduler scheduler() {
    return scheduler;
  }

  boolean isBusy() {
    return result != null;
  }

  /** When its step is over. */
  long endNanos() {
    return endNanos;
  }

  /**
   * Starts a step if there is something to do; what it will yield is known at once.
   *
   * @param mayTake which waiting sequences may come here
   */
  void begin(long nowNanos, Predicate<Sequence> mayTake) {
    Optional<StepPlan> plan = scheduler.schedule(nowNanos, mayTake);
    if (plan.isPresent()) {
      StepResult executed = device.execute(plan.get());
      result = executed;
      endNanos = nowNanos + executed.timing().totalNanos();
    }
  }

  StepOutcome end(long nowNanos) {
    StepResult executed = result;
    if (executed == null) {
      throw new IllegalStateException("no step is being executed");
    }
    result = null;
    return scheduler.commit(executed, nowNanos);
  }

  AdmissionControl.Outlook outlook() {
    return new AdmissionControl.Outlook(scheduler.load(), scheduler.cost());
  }

  void checkAllFree() {
    SchedulerLoad load = scheduler.load();
    if (load.freeKvBlocks() != load.kvBlocks()
        || load.freeDraftKvBlocks() != load.draftKvBlocks()) {
      throw new IllegalStateException("KV blocks are held although nothing runs: " + load);
    }
  }
}
