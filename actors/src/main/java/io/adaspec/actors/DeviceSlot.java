package io.adaspec.actors;

import io.adaspec.actors.EngineStatus.DeviceState;
import io.adaspec.actors.EngineStatus.DeviceStatus;
import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.scheduler.Placement;
import io.adaspec.runtime.scheduler.Scheduler;
import io.adaspec.runtime.scheduler.SchedulerLoad;
import io.adaspec.runtime.scheduler.Sequence;
import io.adaspec.runtime.scheduler.StepOutcome;
import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.step.StepResult;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * One device as the {@link BatchingActor} sees it: its scheduler, its actor and its state. Not
 * thread-safe.
 */
final class DeviceSlot {
  private final String name;
  private @Nullable Scheduler scheduler;
  private @Nullable ActorRef<GpuActor.Command> device;
  private DeviceState state = DeviceState.STARTING;
  private String detail = "being opened";
  private int restarts;
  private boolean inFlight;
  private boolean unanswered;
  private long sentNanos;

  DeviceSlot(String name) {
    this.name = name;
  }

  String name() {
    return name;
  }

  DeviceState state() {
    return state;
  }

  /** Whether all of its KV memory would hold the prompt; taken for granted until it is open. */
  boolean mayHold(InferenceRequest request) {
    return request.prompt().size() < capacityTokens();
  }

  /** The longest sequence that it holds, or will hold; no bound is known until it is open. */
  int capacityTokens() {
    if (state == DeviceState.LOST) {
      return 0;
    }
    return scheduler().map(known -> known.device().capacityTokens()).orElse(Integer.MAX_VALUE);
  }

  Optional<ActorRef<GpuActor.Command>> actor() {
    return Optional.ofNullable(device);
  }

  Optional<Scheduler> scheduler() {
    return Optional.ofNullable(scheduler);
  }

  /** The device is open for the first time. */
  void open(Scheduler first, ActorRef<GpuActor.Command> actor) {
    scheduler = first;
    device = actor;
    become(DeviceState.READY, "");
  }

  /** The device is open again, with empty KV. */
  void reopen(DeviceInfo info, ActorRef<GpuActor.Command> actor) {
    device = actor;
    scheduler().orElseThrow().deviceReady(info);
    restarts++;
    become(DeviceState.READY, "");
  }

  /** Whether it was given up for its silence and may yet answer. */
  boolean isUnanswered() {
    return unanswered;
  }

  /** A device that was overdue has answered after all; its KV is not relied on. */
  void recover() {
    Scheduler known = scheduler().orElseThrow();
    known.deviceReady(known.device());
    become(DeviceState.READY, "");
  }

  /** The device cannot take steps. */
  void fail(DeviceException failure) {
    scheduler().ifPresent(Scheduler::deviceLost);
    DeviceState next =
        failure.permanent()
            ? DeviceState.LOST
            : state == DeviceState.STARTING ? DeviceState.STARTING : DeviceState.RESTARTING;
    become(next, String.valueOf(failure.getMessage()));
  }

  /** The device's result makes no sense; it must be opened again. */
  void reopenBecause(String reason) {
    scheduler().ifPresent(Scheduler::deviceLost);
    become(DeviceState.RESTARTING, reason);
    tell(new GpuActor.Reopen(reason));
  }

  /** Whether the step in flight was sent before {@code beforeNanos}. */
  boolean isOverdue(long beforeNanos) {
    return state == DeviceState.READY && inFlight && sentNanos - beforeNanos < 0;
  }

  /** The step in flight is given up; the device may still answer. */
  void giveUpStep() {
    scheduler().ifPresent(Scheduler::deviceLost);
    become(DeviceState.OVERDUE, "a step takes longer than adaspec.devices.step-timeout");
    unanswered = true;
  }

  /** Whether it owes the answer to a step that was sent before {@code beforeNanos}. */
  boolean isSilent(long beforeNanos) {
    return state == DeviceState.OVERDUE && sentNanos - beforeNanos < 0;
  }

  /** Nobody waits for the device any longer, but it is taken back if it answers after all. */
  void giveUp() {
    become(DeviceState.LOST, "it does not answer any more; start the engine again");
    unanswered = true;
  }

  /** A request is to run in steps of its own. */
  void runApart(RequestId id) {
    scheduler().ifPresent(known -> known.runApart(id));
  }

  /**
   * Sends the next step if the device is idle and there is one.
   *
   * @param fleet schedulers of all devices that share the queue
   */
  void advance(List<Scheduler> fleet, long nowNanos) {
    Scheduler known = scheduler;
    if (known == null || state != DeviceState.READY || inFlight) {
      return;
    }
    Optional<StepPlan> plan = known.schedule(nowNanos, Placement.on(known, fleet, nowNanos));
    if (plan.isPresent()) {
      inFlight = true;
      sentNanos = nowNanos;
      tell(new GpuActor.Execute(plan.get()));
    }
  }

  /** Whether a result answers the step in flight. */
  boolean expects(StepResult result) {
    return scheduler != null && scheduler.expects(result.planId());
  }

  /** Requests that take part in the step in flight. */
  List<RequestId> inFlight() {
    return scheduler().map(Scheduler::inFlight).orElse(List.of());
  }

  /** Folds in the result of the step in flight. */
  StepOutcome commit(StepResult result, long nowNanos) {
    inFlight = false;
    return scheduler().orElseThrow().commit(result, nowNanos);
  }

  /** Its sequences, to be computed elsewhere. */
  List<Sequence> release() {
    return scheduler == null ? List.of() : scheduler.release();
  }

  DeviceStatus status() {
    Optional<SchedulerLoad> load = scheduler().map(Scheduler::load);
    return new DeviceStatus(
        name,
        scheduler().map(known -> known.device().description()).orElse(""),
        scheduler().map(known -> known.device().bitExact()).orElse(true),
        state,
        detail,
        scheduler().map(known -> known.requests().size()).orElse(0),
        load.map(SchedulerLoad::pausedSequences).orElse(0),
        load.map(SchedulerLoad::kvBlocks).orElse(0),
        load.map(known -> known.kvBlocks() - known.freeKvBlocks()).orElse(0),
        load.map(SchedulerLoad::lentKvBlocks).orElse(0),
        load.map(SchedulerLoad::draftKvBlocks).orElse(0),
        load.map(known -> known.draftKvBlocks() - known.freeDraftKvBlocks()).orElse(0),
        restarts);
  }

  private void become(DeviceState next, String why) {
    inFlight = false;
    unanswered = false;
    state = next;
    detail = why;
  }

  private void tell(GpuActor.Command command) {
    if (device != null) {
      device.tell(command);
    }
  }
}
