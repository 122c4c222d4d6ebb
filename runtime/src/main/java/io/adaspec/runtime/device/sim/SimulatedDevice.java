package io.adaspec.runtime.device.sim;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.step.SequenceResult;
import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.step.StepResult;
import io.adaspec.runtime.step.StepTiming;
import io.adaspec.runtime.time.NanoClock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * A device that computes nothing but keeps the whole contract: the text it produces depends on the
 * history through the KV blocks of the plan, drafts are right with a seeded probability, the
 * strategy is asked where a real device asks it, durations follow a roofline.
 *
 * <p>In virtual time a step only reports its duration; in real time it also takes it. KV that a
 * plan reads without anybody having computed it, or that two sequences compute at once, is a
 * permanent failure that names the position. Used by one thread.
 */
public final class SimulatedDevice implements Device {
  private static final NanoClock CLOCK = NanoClock.system();

  private final DeviceInfo info;
  private final SimulatedSettings settings;
  private final SimulatedLanguage language;
  private final SimulatedKv targetKv;
  private final SimulatedKv draftKv;
  private long executions;
  private double workedNanos;

  SimulatedDevice(DeviceInfo info, SimulatedSettings settings) {
    this.info = info;
    this.settings = settings;
    this.language = new SimulatedLanguage(settings);
    int lendable = info.lendableKvBlocks();
    int targetBlocks =
        lendable == 0 ? info.kvBlocks() : Math.addExact(info.sharing().firstLent(), lendable);
    this.targetKv = new SimulatedKv(targetBlocks, info.blockTokens(), settings.seed());
    this.draftKv = new SimulatedKv(info.draftKvBlocks(), info.blockTokens(), settings.seed());
    SimulatedSharing.connect(info.sharing(), lendable, targetKv, draftKv);
  }

  @Override
  public DeviceInfo info() {
    return info;
  }

  /** What its steps really cost, for who wants to reckon with the truth. */
  public CostModel cost() {
    return settings.profile();
  }

  @Override
  public StepResult execute(StepPlan plan) {
    long start = settings.realtime() ? CLOCK.nanoTime() : 0;
    if (++executions == settings.failAt()) {
      throw DeviceException.transientFailure(
          "simulated failure at execution " + executions + "; open the device again");
    }
    SimulatedStep step =
        new SimulatedStep(
            executions, plan, language, settings.drafts().at(workedNanos), targetKv, draftKv);
    if (settings.audit()) {
      step.audit();
    }
    step.draft(info.maxRows());
    int[] lengths = plan.strategy().select(plan.batch(), step.survival(), plan.cost());
    requireRows(plan, lengths);
    List<SequenceResult> results = new ArrayList<>();
    for (int entry = 0; entry < plan.work().size(); entry++) {
      results.add(step.verify(entry, lengths[entry]));
    }
    StepTiming timing = timing(step);
    workedNanos += timing.totalNanos();
    if (settings.realtime()) {
      sleepUntil(start + timing.totalNanos());
    }
    return new StepResult(plan.id(), results, timing);
  }

  private void requireRows(StepPlan plan, int[] lengths) {
    int rows = 0;
    for (int entry = 0; entry < lengths.length; entry++) {
      rows += plan.work().get(entry).rows() + lengths[entry];
    }
    if (rows > info.maxRows()) {
      throw DeviceException.transientFailure(
          "the target pass has " + rows + " rows and the device takes " + info.maxRows());
    }
  }

  private StepTiming timing(SimulatedStep step) {
    SimulatedProfile profile = settings.profile();
    double factor = settings.slowdown();
    double draft = factor * step.draftNanos(profile);
    double target = factor * profile.targetPassNanos(step.targetRows(), step.targetContextReads());
    double overhead = factor * profile.overheadNanos(step.entries());
    return new StepTiming(
        Math.round(draft + target + overhead),
        Math.round(draft),
        Math.round(target),
        step.draftPasses(),
        step.draftRows(),
        step.draftContextReads(),
        step.targetRows(),
        step.targetContextReads());
  }

  private static void sleepUntil(long deadlineNanos) {
    long left = deadlineNanos - CLOCK.nanoTime();
    while (left > 0 && !Thread.currentThread().isInterrupted()) {
      LockSupport.parkNanos(left);
      left = deadlineNanos - CLOCK.nanoTime();
    }
  }

  @Override
  public void close() {}
}
