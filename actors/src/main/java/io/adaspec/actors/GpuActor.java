package io.adaspec.actors;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.device.profile.BackgroundProfile;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.CostProfile;
import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.step.StepResult;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * Drives one device of any kind (CUDA, CPU, simulated) on a thread of its own: opens it, executes
 * steps, closes it.
 *
 * <p>A failed step is answered with {@link BatchingActor.StepFailed}, since a restart loses the
 * message, and then thrown: supervision closes the device, opens it again after a growing pause and
 * announces {@link BatchingActor.DeviceReady}, with empty KV memory. A permanent failure ends the
 * actor. After a step that failed for its own sake the device goes on, announced as if it had been
 * opened again, up to the bounds of {@link StepFailures}.
 *
 * <p>Errors of the JVM that the device's own work meets are failures of the device, not of the
 * process.
 */
final class GpuActor {
  private static final double BACKOFF_JITTER = 0.2;
  private static final Duration IDLE = Duration.ofMillis(20);

  /** What a device is told. */
  sealed interface Command {}

  /** Executes a step; answered by {@code StepCompleted} or {@code StepFailed}. */
  record Execute(StepPlan plan) implements Command {}

  /** Announces the open device once more, to a scheduler that has started anew. */
  record Announce() implements Command {}

  private record Idle() implements Command {}

  private record MeasureOn() implements Command {}

  /** Closes the device and opens it again, since its results make no sense. */
  record Reopen(String reason) implements Command {}

  private final ActorContext<Command> context;
  private final int index;
  private final ActorRef<BatchingActor.Command> batching;
  private final Device device;
  private final StepFailures failures;
  private CostModel cost;
  private final Optional<BackgroundProfile> profile;
  private boolean idle;

  private GpuActor(
      ActorContext<Command> context,
      int index,
      ActorRef<BatchingActor.Command> batching,
      Device device,
      StepFailures failures,
      CostModel cost,
      Optional<BackgroundProfile> profile) {
    this.context = context;
    this.index = index;
    this.batching = batching;
    this.device = device;
    this.failures = failures;
    this.cost = cost;
    this.profile = profile;
  }

  /**
   * A device of the engine, to be spawned on the device dispatcher.
   *
   * @param index its place in the engine's list of devices
   */
  static Behavior<Command> create(
      int index,
      DeviceOpener opener,
      EngineSettings.DeviceSettings settings,
      ActorRef<BatchingActor.Command> batching) {
    StepFailures failures = new StepFailures(); // outlives restarts
    return Behaviors.supervise(
            Behaviors.<Command>setup(context -> open(context, index, opener, failures, batching)))
        .onFailure(
            DeviceException.class,
            SupervisorStrategy.restartWithBackoff(
                settings.minBackoff(), settings.maxBackoff(), BACKOFF_JITTER));
  }

  private static Behavior<Command> open(
      ActorContext<Command> context,
      int index,
      DeviceOpener opener,
      StepFailures failures,
      ActorRef<BatchingActor.Command> batching) {
    Device device;
    CostModel cost;
    Optional<BackgroundProfile> profile;
    try {
      device = onDevice(opener.name(), () -> openDevice(opener));
    } catch (DeviceException e) {
      return openFailed(context, index, opener, batching, e);
    }
    try {
      cost = onDevice(opener.name(), () -> opener.cost().apply(device));
      profile = onDevice(opener.name(), () -> opener.profile().apply(device));
    } catch (DeviceException e) {
      device.close();
      return openFailed(context, index, opener, batching, e);
    }
    context.getLog().info("device {} open: {}", opener.name(), device.info().description());
    GpuActor actor = new GpuActor(context, index, batching, device, failures, cost, profile);
    actor.announce();
    profile.ifPresent(known -> context.setReceiveTimeout(IDLE, new Idle()));
    return actor.idle();
  }

  /** A name that no device has, or settings that none takes, will not get better. */
  private static Device openDevice(DeviceOpener opener) {
    try {
      return opener.open().get();
    } catch (IllegalArgumentException e) {
      throw DeviceException.permanentFailure(String.valueOf(e.getMessage()), e);
    }
  }

  private static Behavior<Command> openFailed(
      ActorContext<Command> context,
      int index,
      DeviceOpener opener,
      ActorRef<BatchingActor.Command> batching,
      DeviceException failure) {
    batching.tell(new BatchingActor.OpenFailed(index, failure));
    return failed(context, opener.name(), failure);
  }

  private Behavior<Command> idle() {
    return Behaviors.receive(Command.class)
        .onMessage(Command.class, this::onCommand)
        .onSignal(PreRestart.class, signal -> close())
        .onSignal(PostStop.class, signal -> close())
        .build();
  }

  private Behavior<Command> onCommand(Command command) {
    return switch (command) {
      case Execute(StepPlan plan) -> execute(plan);
      case Announce() -> announce();
      case Idle() -> {
        idle = true;
        yield measure();
      }
      case MeasureOn() -> idle ? measure() : Behaviors.same();
      case Reopen(String reason) ->
          throw DeviceException.transientFailure(reason, new IllegalStateException(reason));
    };
  }

  private Behavior<Command> execute(StepPlan plan) {
    idle = false;
    StepResult result;
    try {
      result = onDevice(device.info().name(), () -> device.execute(plan));
    } catch (DeviceException e) {
      DeviceException failure = failures.failed(e);
      batching.tell(new BatchingActor.StepFailed(index, plan.id(), failure));
      return failure.ofStep() ? announce() : failed(context, device.info().name(), failure);
    }
    failures.worked();
    batching.tell(new BatchingActor.StepCompleted(index, result));
    return Behaviors.same();
  }

  private Behavior<Command> announce() {
    DeviceInfo info = profile.map(BackgroundProfile::rest).orElseGet(device::info);
    batching.tell(new BatchingActor.DeviceReady(index, info, cost, context.getSelf()));
    return Behaviors.same();
  }

  /**
   * A piece of the profile, and the next one if no step comes meanwhile. The blocks that it takes
   * stay out of the scheduler's reach.
   */
  private Behavior<Command> measure() {
    try {
      Optional<CostProfile> measured =
          onDevice(device.info().name(), () -> profile.flatMap(BackgroundProfile::advance));
      if (measured.isPresent()) {
        idle = false;
        context.cancelReceiveTimeout();
        cost = measured.get();
        batching.tell(new BatchingActor.CostMeasured(index, cost));
      } else {
        context.getSelf().tell(new MeasureOn());
      }
    } catch (DeviceException e) {
      idle = false;
      context.cancelReceiveTimeout();
      context.getLog().warn("device {} cannot be profiled", device.info().name(), e);
    }
    return Behaviors.same();
  }

  private Behavior<Command> close() {
    device.close();
    return Behaviors.same();
  }

  private static Behavior<Command> failed(
      ActorContext<Command> context, String name, DeviceException failure) {
    if (failure.permanent()) {
      logLoss(context, name, failure);
      return Behaviors.stopped();
    }
    throw failure;
  }

  /**
   * What is wrong with settings is said by the message; a trace is for whatever came by surprise.
   */
  private static void logLoss(ActorContext<Command> context, String name, DeviceException failure) {
    Throwable cause = failure.getCause();
    if (cause == null || cause instanceof IllegalArgumentException) {
      context.getLog().error("device {} is lost: {}", name, failure.getMessage());
    } else {
      context.getLog().error("device {} is lost", name, failure);
    }
  }

  /** Work of a device, whatever fails in it. */
  private static <T> T onDevice(String name, Supplier<T> work) {
    try {
      return work.get();
    } catch (RuntimeException
        | OutOfMemoryError
        | InternalError
        | StackOverflowError
        | LinkageError e) {
      throw asDeviceFailure(name, e);
    }
  }

  /**
   * A device may throw only {@link DeviceException}; anything else is taken for a broken one. So
   * are errors of the JVM that its work met, such as memory that the system refuses or a mapped
   * file that was cut short: thrown on, they would make Pekko end the process, with all that runs
   * on other devices and all that belongs to the host.
   */
  private static DeviceException asDeviceFailure(String name, Throwable cause) {
    return switch (cause) {
      case DeviceException failure -> failure;
      case Error error -> DeviceException.ofError("device " + name, error);
      default ->
          DeviceException.transientFailure(
              "device " + name + " failed unexpectedly; it is opened again: " + cause, cause);
    };
  }
}
