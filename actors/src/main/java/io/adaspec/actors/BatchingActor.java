package io.adaspec.actors;

import io.adaspec.actors.EngineStatus.DeviceState;
import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.scheduler.StepOutcome;
import io.adaspec.runtime.scheduler.TokenEmission;
import io.adaspec.runtime.scheduler.WaitingQueue;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.control.ControlReport;
import io.adaspec.runtime.step.StepResult;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.Done;
import org.apache.pekko.actor.DeadLetterSuppression;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * Drives the schedulers: takes requests, keeps every device busy with the next step, hands new
 * tokens to the requests' owners. All decisions are the schedulers'.
 *
 * <p>Per step: {@code Execute} out, {@code StepCompleted} in, one {@code Emitted} per request; the
 * next step is sent before the tokens are. When it fails itself, all requests fail and it starts
 * anew with the same devices.
 */
final class BatchingActor {
  /** What the scheduler's driver is told. */
  sealed interface Command {}

  /** A new request; its owner hears {@code NotTaken} or gets its tokens. */
  record Submit(InferenceRequest request, ActorRef<RequestActor.Command> owner)
      implements Command {}

  /** The request needs no more tokens. */
  record Cancel(RequestId id) implements Command, DeadLetterSuppression {}

  /** The request's consumer does not keep up. */
  record Pause(RequestId id) implements Command, DeadLetterSuppression {}

  /** The request's consumer has caught up. */
  record Resume(RequestId id) implements Command, DeadLetterSuppression {}

  /** A device is open, with empty KV. */
  record DeviceReady(int index, DeviceInfo info, CostModel cost, ActorRef<GpuActor.Command> device)
      implements Command {}

  /** What the work of an open device costs, known better than when it was opened. */
  record CostMeasured(int index, CostModel cost) implements Command {}

  /** A device could not be opened. */
  record OpenFailed(int index, DeviceException failure) implements Command {}

  /** A device executed a step. */
  record StepCompleted(int index, StepResult result) implements Command {}

  /** A device's actor has ended, after a permanent failure or for a reason of its own. */
  record DeviceGone(int index) implements Command {}

  /** A device failed while it executed a step. */
  record StepFailed(int index, long planId, DeviceException failure) implements Command {}

  /** The policy of the steps to come. */
  record Guide(PolicySnapshot policy) implements Command, DeadLetterSuppression {}

  /** Asks for the state; the supervisor adds what it knows. */
  record GetStatus(SloAttainment attainment, ControlReport control, ActorRef<EngineStatus> replyTo)
      implements Command {}

  /** Takes no new requests; answers when all have ended, or were failed at the time-out. */
  record Drain(Duration timeout, ActorRef<Done> replyTo) implements Command {}

  /** Fails what runs, and ends. */
  record Stop() implements Command {}

  /** Looks for steps that take too long. */
  record LookForOverdue() implements Command {}

  private record OwnerGone(ActorRef<RequestActor.Command> owner, RequestId id) implements Command {}

  private record DrainTimeout(ActorRef<Done> replyTo) implements Command {}

  private static final int LOOKS_PER_STEP_TIMEOUT = 4;

  /** So many times the step time-out after a step was sent, its device counts as lost. */
  private static final int STEP_TIMEOUTS_TO_LOSS = 3;

  private static final String DRAIN = "drain";

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final EngineDefinition engine;
  private final ActorRef<SupervisorActor.Command> supervisor;
  private final WaitingQueue waiting;
  private final DeviceFleet devices;
  private final Admission admission;
  private final RequestTable requests = new RequestTable();
  private final FailedSteps failedSteps = new FailedSteps();
  private boolean draining;
  private Optional<ActorRef<Done>> drained = Optional.empty();

  private BatchingActor(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      EngineDefinition engine,
      ActorRef<SupervisorActor.Command> supervisor) {
    this.context = context;
    this.timers = timers;
    this.engine = engine;
    this.supervisor = supervisor;
    this.waiting =
        new WaitingQueue(
            engine.settings().queue().maxRequests(), engine.settings().queue().maxTokens());
    this.devices = new DeviceFleet(engine, waiting);
    this.admission = new Admission(engine, waiting, devices);
  }

  static Behavior<Command> create(
      EngineDefinition engine, ActorRef<SupervisorActor.Command> supervisor) {
    return Behaviors.supervise(
            Behaviors.<Command>setup(
                context ->
                    Behaviors.withTimers(
                        timers -> new BatchingActor(context, timers, engine, supervisor).begin())))
        .onFailure(RuntimeException.class, SupervisorStrategy.restart());
  }

  private Behavior<Command> begin() {
    Duration look = engine.settings().devices().stepTimeout().dividedBy(LOOKS_PER_STEP_TIMEOUT);
    timers.startTimerWithFixedDelay(new LookForOverdue(), look);
    return Behaviors.receive(Command.class)
        .onMessage(Command.class, this::onCommand)
        .onSignal(PreRestart.class, signal -> onRestart())
        .build();
  }

  private Behavior<Command> onCommand(Command command) {
    switch (command) {
      case StepCompleted(int index, StepResult result) -> onStepCompleted(index, result);
      case Submit submit -> onSubmit(submit);
      case Cancel(RequestId id) -> onCancel(id);
      case Pause(RequestId id) -> devices.pause(id, now());
      case Resume(RequestId id) -> {
        devices.resume(id, now());
        devices.advance(now());
      }
      case OwnerGone(ActorRef<RequestActor.Command> owner, RequestId id) -> onOwnerGone(owner);
      case DeviceReady ready -> onDeviceReady(ready);
      case CostMeasured(int index, CostModel cost) ->
          devices.get(index).scheduler().ifPresent(scheduler -> scheduler.apply(cost));
      case OpenFailed(int index, DeviceException failure) -> onDeviceFailed(index, failure);
      case DeviceGone(int index) -> onDeviceGone(index);
      case StepFailed(int index, long planId, DeviceException failure) ->
          onDeviceFailed(index, failure);
      case LookForOverdue() -> onLookForOverdue();
      case Guide(PolicySnapshot next) -> devices.follow(next);
      case GetStatus status ->
          status
              .replyTo()
              .tell(
                  EngineStatus.of(
                      draining,
                      devices,
                      waiting,
                      status.attainment(),
                      status.control(),
                      Mailboxes.of(context.getSelf(), supervisor, devices)));
      case Drain drain -> onDrain(drain);
      case DrainTimeout(ActorRef<Done> replyTo) -> {
        failAll(Failures.drainTimeOver());
        replyTo.tell(Done.done());
      }
      case Stop() -> {
        return Behaviors.stopped();
      }
    }
    return Behaviors.same();
  }

  private void onSubmit(Submit submit) {
    InferenceRequest request = submit.request();
    Optional<Refusal> refusal = refusal(request);
    if (refusal.isPresent()) {
      engine.observer().requestRefused(request, refusal.get());
      submit.owner().tell(new RequestActor.NotTaken(refusal.get()));
      return;
    }
    waiting.submit(engine.settings().levels().complete(request));
    requests.add(request.id(), submit.owner());
    context.watchWith(submit.owner(), new OwnerGone(submit.owner(), request.id()));
    engine.observer().requestAccepted(request);
    devices.advance(now());
  }

  private Optional<Refusal> refusal(InferenceRequest request) {
    if (draining) {
      return Optional.of(Refusals.draining());
    }
    if (requests.isRunning(request.id())) {
      return Optional.of(Refusals.duplicate(request.id()));
    }
    return admission.refusal(request);
  }

  private void onStepCompleted(int index, StepResult result) {
    DeviceSlot device = devices.get(index);
    if (!device.expects(result)) {
      onLateResult(device);
      return;
    }
    long now = now();
    StepOutcome outcome;
    try {
      outcome = device.commit(result, now);
    } catch (IllegalArgumentException e) {
      context.getLog().error("device {} gave an invalid result", device.name(), e);
      List<RequestId> step = device.inFlight();
      device.reopenBecause("invalid result: " + e.getMessage());
      changed(device);
      onStepLost(device, step);
      return;
    }
    devices.advance(device, now);
    for (TokenEmission emission : outcome.emissions()) {
      hand(emission, now);
    }
    engine.observer().stepCompleted(device.name(), outcome.report());
    engine.observer().stepDecided(device.name(), outcome.decision(), outcome.report());
    supervisor.tell(new SupervisorActor.StepDone(outcome.observation()));
  }

  private void hand(TokenEmission emission, long now) {
    Optional<ActorRef<RequestActor.Command>> owner = requests.owner(emission.request());
    failedSteps.forget(emission.request());
    if (emission.finish().isPresent()) {
      requests.end(emission.request());
    }
    owner.ifPresent(actor -> actor.tell(new RequestActor.Emitted(emission, now)));
  }

  private void onLateResult(DeviceSlot device) {
    if (device.isUnanswered()) {
      context.getLog().warn("device {} has answered after all", device.name());
      device.recover();
      changed(device);
      passOn();
    }
  }

  private void onCancel(RequestId id) {
    if (requests.end(id)) {
      withdraw(id);
      devices.advance(now());
    }
  }

  private void withdraw(RequestId id) {
    failedSteps.forget(id);
    devices.withdraw(id);
  }

  private void onOwnerGone(ActorRef<RequestActor.Command> owner) {
    requests.forget(owner).ifPresent(this::withdraw);
    drained.ifPresent(
        replyTo -> {
          if (requests.isEmpty()) {
            timers.cancel(DRAIN);
            replyTo.tell(Done.done());
            drained = Optional.empty();
          }
        });
  }

  private void onDeviceReady(DeviceReady ready) {
    DeviceSlot device = devices.opened(ready);
    changed(device);
    passOn();
  }

  private void onDeviceFailed(int index, DeviceException failure) {
    DeviceSlot device = devices.get(index);
    List<RequestId> step = device.inFlight();
    device.fail(failure);
    changed(device);
    onStepLost(device, step);
  }

  /** The device's own news, if it had any, came before this. */
  private void onDeviceGone(int index) {
    DeviceSlot device = devices.get(index);
    if (device.state() != DeviceState.LOST || device.isUnanswered()) {
      onDeviceFailed(
          index,
          DeviceException.permanentFailure(
              "device " + device.name() + " has ended; the log says why; start the engine again"));
    }
  }

  private void onLookForOverdue() {
    Duration timeout = engine.settings().devices().stepTimeout();
    for (DeviceSlot device : devices.overdue(now() - timeout.toNanos())) {
      List<RequestId> step = device.inFlight();
      device.giveUpStep();
      changed(device);
      onStepLost(device, step);
    }
    Duration most = timeout.multipliedBy(STEP_TIMEOUTS_TO_LOSS);
    for (DeviceSlot device : devices.silent(now() - most.toNanos())) {
      context.getLog().error("device {} has not answered for {}", device.name(), most);
      device.giveUp();
      changed(device);
      passOn();
    }
    devices.advance(now()); // who waits for a device that is slower than predicted may go elsewhere
  }

  /** A device that cannot go on for now had a step in flight, or none. */
  private void onStepLost(DeviceSlot device, List<RequestId> step) {
    FailedSteps.Verdict verdict = failedSteps.failed(step);
    giveUp(verdict.givenUp(), device.status().detail());
    verdict.apart().forEach(device::runApart);
    passOn();
  }

  /** Whoever can go on elsewhere does; who never can hears of it. */
  private void passOn() {
    devices.passOn();
    for (RequestId id : devices.unplaceable()) {
      fail(id, Failures.outgrown(devices.capacityTokens()));
    }
    if (devices.allLost()) {
      failAll(Failures.devicesLost(devices.status()));
    }
    devices.advance(now());
  }

  /** Requests whose steps fail again and again must not stop the others for ever. */
  private void giveUp(List<RequestId> ids, String reason) {
    ids.forEach(id -> fail(id, Failures.givenUp(reason)));
  }

  private void fail(RequestId id, RequestActor.Broken why) {
    Optional<ActorRef<RequestActor.Command>> owner = requests.owner(id);
    requests.end(id);
    withdraw(id);
    owner.ifPresent(actor -> actor.tell(why));
  }

  private void failAll(RequestActor.Broken why) {
    requests.running().forEach(this::withdraw);
    requests.tellAll(why);
  }

  private void onDrain(Drain drain) {
    draining = true;
    if (requests.isEmpty()) {
      drain.replyTo().tell(Done.done());
    } else if (!devices.anyOpened()) {
      failAll(Failures.stillLoading());
      drain.replyTo().tell(Done.done());
    } else {
      drained = Optional.of(drain.replyTo());
      timers.startSingleTimer(DRAIN, new DrainTimeout(drain.replyTo()), drain.timeout());
    }
  }

  private Behavior<Command> onRestart() {
    requests.tellAll(Failures.schedulerRestarted());
    supervisor.tell(new SupervisorActor.BatchingRestarted());
    return Behaviors.same();
  }

  private void changed(DeviceSlot device) {
    engine.observer().deviceChanged(device.status());
  }

  private long now() {
    return engine.clock().nanoTime();
  }
}
