package io.adaspec.actors;

import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.StepObservation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.pekko.Done;
import org.apache.pekko.actor.DeadLetterSuppression;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.pattern.StatusReply;

/**
 * The slow time scale: owns the devices' actors, folds steps and finished requests into {@link
 * SupervisorState} about four times a second, and publishes the policy to the {@link BatchingActor}
 * whenever the fold has changed it. A step that still followed an older policy makes it publish
 * again, so a snapshot that gets lost costs the time until the next look.
 *
 * <p>An exception costs the message that caused it: the state is replaced only when a message has
 * been handled, and the devices' actors run on.
 */
final class SupervisorActor {
  /** What the supervisor is told. */
  sealed interface Command {}

  /** Starts the devices. */
  record Begin(ActorRef<BatchingActor.Command> batching) implements Command {}

  /** The scheduler's actor started anew and knows no device. */
  record BatchingRestarted() implements Command {}

  /** A device finished a step. */
  record StepDone(StepObservation step) implements Command, DeadLetterSuppression {}

  /** A request ended. */
  record RequestEnded(GenerationSummary summary) implements Command, DeadLetterSuppression {}

  /** Changes the policy. */
  record ApplyPolicy(PolicySnapshot policy, ActorRef<StatusReply<PolicySnapshot>> replyTo)
      implements Command {}

  /** Asks for the engine's state. */
  record GetStatus(ActorRef<EngineStatus> replyTo) implements Command {}

  /** Takes no new requests and answers when the running ones have ended. */
  record Drain(Duration timeout, ActorRef<Done> replyTo) implements Command {}

  /** Fails what runs, closes the devices, answers and ends. */
  record Stop(ActorRef<Done> replyTo) implements Command {}

  private record DeviceStopped(int index) implements Command {}

  private record Tick() implements Command {}

  private final ActorContext<Command> context;
  private final EngineDefinition engine;
  private final ActorRef<BatchingActor.Command> batching;
  private final Map<Integer, ActorRef<GpuActor.Command>> devices = new TreeMap<>();
  private final List<StepObservation> steps = new ArrayList<>();
  private SupervisorState state;
  private Optional<Drain> draining = Optional.empty();

  private SupervisorActor(
      ActorContext<Command> context,
      EngineDefinition engine,
      ActorRef<BatchingActor.Command> batching) {
    this.context = context;
    this.engine = engine;
    this.batching = batching;
    this.state = SupervisorState.begin(engine.settings().policy(), engine.clock().nanoTime());
  }

  static Behavior<Command> create(EngineDefinition engine) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers ->
                    Behaviors.receive(Command.class)
                        .onMessage(
                            Begin.class,
                            begin ->
                                new SupervisorActor(context, engine, begin.batching())
                                    .begin(timers))
                        .build()));
  }

  private Behavior<Command> begin(TimerScheduler<Command> timers) {
    List<DeviceOpener> openers = engine.devices();
    EngineSettings settings = engine.settings();
    for (int index = 0; index < openers.size(); index++) {
      ActorRef<GpuActor.Command> device =
          context.spawn(
              GpuActor.create(index, openers.get(index), settings.devices(), batching),
              "device-" + index,
              DispatcherSelector.fromConfig("adaspec.device-dispatcher"));
      context.watchWith(device, new DeviceStopped(index));
      devices.put(index, device);
    }
    timers.startTimerWithFixedDelay(new Tick(), settings.supervision().interval());
    return Behaviors.supervise(
            Behaviors.receive(Command.class).onMessage(Command.class, this::onCommand).build())
        .onFailure(RuntimeException.class, SupervisorStrategy.resume());
  }

  private Behavior<Command> onCommand(Command command) {
    switch (command) {
      case StepDone(StepObservation step) -> steps.add(step);
      case RequestEnded(GenerationSummary summary) -> state = state.ended(summary);
      case Tick() -> onTick();
      case ApplyPolicy apply -> onApplyPolicy(apply);
      case GetStatus(ActorRef<EngineStatus> replyTo) ->
          batching.tell(
              new BatchingActor.GetStatus(
                  state.slo().attainment(now()), state.control().report(now()), replyTo));
      case BatchingRestarted() -> {
        publish();
        draining.ifPresent(this::drain);
        announceDevices();
      }
      case Drain drain -> {
        draining = Optional.of(drain);
        drain(drain);
      }
      case Stop(ActorRef<Done> replyTo) -> {
        return stopping(replyTo);
      }
      case DeviceStopped(int index) -> {
        devices.remove(index);
        batching.tell(new BatchingActor.DeviceGone(index));
      }
      case Begin begin -> {
        return Behaviors.unhandled();
      }
    }
    return Behaviors.same();
  }

  private void onTick() {
    List<StepObservation> seen = List.copyOf(steps);
    steps.clear();
    SupervisorState before = state;
    state = state.next(seen, now());
    boolean changed = state.policy().version() != before.policy().version();
    if (changed || (!seen.isEmpty() && seen.getLast().policyVersion() < state.policy().version())) {
      publish();
    }
    if (changed) {
      context.getLog().info("the slow loop changed the policy: {}", state.policy());
      engine.observer().policyChanged(state.policy());
    }
  }

  private void onApplyPolicy(ApplyPolicy apply) {
    try {
      state = state.withPolicy(apply.policy(), now());
    } catch (IllegalArgumentException e) {
      apply.replyTo().tell(StatusReply.error(e));
      return;
    }
    publish();
    engine.observer().policyChanged(state.policy());
    apply.replyTo().tell(StatusReply.success(state.policy()));
  }

  /** A scheduler that has started anew hears which devices there are and which are gone. */
  private void announceDevices() {
    for (int index = 0; index < engine.devices().size(); index++) {
      ActorRef<GpuActor.Command> device = devices.get(index);
      if (device == null) {
        batching.tell(new BatchingActor.DeviceGone(index));
      } else {
        device.tell(new GpuActor.Announce());
      }
    }
  }

  private void drain(Drain drain) {
    batching.tell(new BatchingActor.Drain(drain.timeout(), drain.replyTo()));
  }

  private void publish() {
    batching.tell(new BatchingActor.Guide(state.policy()));
  }

  /** Devices close on their own threads; the last one ends the engine. */
  private Behavior<Command> stopping(ActorRef<Done> replyTo) {
    batching.tell(new BatchingActor.Stop());
    devices.values().forEach(context::stop);
    return stoppedOr(
        replyTo,
        Behaviors.receive(Command.class)
            .onMessage(
                DeviceStopped.class,
                stopped -> {
                  devices.remove(stopped.index());
                  return stoppedOr(replyTo, Behaviors.same());
                })
            .onMessage(Command.class, command -> Behaviors.same())
            .build());
  }

  private Behavior<Command> stoppedOr(ActorRef<Done> replyTo, Behavior<Command> otherwise) {
    if (devices.isEmpty()) {
      replyTo.tell(Done.done());
      return Behaviors.stopped();
    }
    return otherwise;
  }

  private long now() {
    return engine.clock().nanoTime();
  }
}
