package io.adaspec.actors;

import io.adaspec.actors.EngineProtocol.Generate;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.time.NanoClock;
import java.time.Duration;
import java.util.List;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import scala.util.Try;

/** Knows the workers of a model, from the receptionist, and gives each request to the next one. */
final class GatewayActor {
  /** What the gateway is told. */
  sealed interface Command {}

  /** A request for some worker; answered to its consumer alone. */
  record Send(Generate generate) implements Command {}

  /** Asks some worker for its state. */
  record AskStatus(ActorRef<WorkerProtocol.Reply> replyTo) implements Command {}

  /** Changes the policy of all workers. */
  record AskPolicy(PolicySnapshot policy, ActorRef<WorkerProtocol.Reply> replyTo)
      implements Command {}

  /** Ends. */
  record Stop(ActorRef<Done> replyTo) implements Command {}

  private record Workers(List<ActorRef<WorkerProtocol.Command>> workers) implements Command {}

  private static final Duration RETRY_AFTER = Duration.ofSeconds(2);

  /** Requests of fewer prompt tokens fit in any message; longer ones are measured. */
  private static final int SURELY_SHORT = 10_000;

  private final String modelName;
  private final NanoClock clock;
  private final Serialization serialization;
  private List<ActorRef<WorkerProtocol.Command>> workers = List.of();
  private int next;

  private GatewayActor(String modelName, NanoClock clock, Serialization serialization) {
    this.modelName = modelName;
    this.clock = clock;
    this.serialization = serialization;
  }

  static Behavior<Command> create(String modelName, NanoClock clock) {
    return Behaviors.setup(
        context -> {
          subscribe(context, modelName);
          Serialization serialization = SerializationExtension.get(context.getSystem());
          return Behaviors.receive(Command.class)
              .onMessage(
                  Command.class, new GatewayActor(modelName, clock, serialization)::onCommand)
              .build();
        });
  }

  /** Where typed actors send requests; ends with the gateway. */
  static Behavior<EngineProtocol.Command> intake(ActorRef<Command> gateway) {
    return Behaviors.setup(
        context -> {
          context.watch(gateway);
          return Behaviors.receive(EngineProtocol.Command.class)
              .onMessage(
                  Generate.class,
                  generate -> {
                    gateway.tell(new Send(generate));
                    return Behaviors.same();
                  })
              .onSignal(Terminated.class, signal -> Behaviors.stopped())
              .build();
        });
  }

  private static void subscribe(ActorContext<Command> context, String modelName) {
    var key = WorkerProtocol.key(modelName);
    ActorRef<Receptionist.Listing> adapter =
        context.messageAdapter(
            Receptionist.Listing.class,
            listing -> new Workers(List.copyOf(listing.getServiceInstances(key))));
    context.getSystem().receptionist().tell(Receptionist.subscribe(key, adapter));
  }

  private Behavior<Command> onCommand(Command command) {
    switch (command) {
      case Workers(List<ActorRef<WorkerProtocol.Command>> found) -> workers = found;
      case Send(Generate generate) -> send(generate);
      case AskStatus(ActorRef<WorkerProtocol.Reply> replyTo) -> {
        if (workers.isEmpty()) {
          replyTo.tell(new WorkerProtocol.Rejected(noWorker()));
        } else {
          nextWorker().tell(new WorkerProtocol.GetStatus(replyTo));
        }
      }
      case AskPolicy(PolicySnapshot policy, ActorRef<WorkerProtocol.Reply> replyTo) -> {
        if (workers.isEmpty()) {
          replyTo.tell(new WorkerProtocol.Rejected(noWorker()));
        }
        workers.forEach(worker -> worker.tell(new WorkerProtocol.ApplyPolicy(policy, replyTo)));
      }
      case Stop(ActorRef<Done> replyTo) -> {
        replyTo.tell(Done.done());
        return Behaviors.stopped();
      }
    }
    return Behaviors.same();
  }

  private void send(Generate generate) {
    if (workers.isEmpty()) {
      refuse(
          generate, new Refusal(Refusal.Reason.NO_DEVICE, noWorker(), Duration.ZERO, RETRY_AFTER));
      return;
    }
    long ageNanos = clock.nanoTime() - generate.request().arrivalNanos();
    WorkerProtocol.Submit submit = new WorkerProtocol.Submit(generate, ageNanos);
    if (generate.request().prompt().size() >= SURELY_SHORT) {
      Try<byte[]> bytes = serialization.serialize(submit);
      if (bytes.isFailure()) {
        refuse(generate, tooLong(generate, bytes.failed().get()));
        return;
      }
    }
    nextWorker().tell(submit);
  }

  private static void refuse(Generate generate, Refusal refusal) {
    generate.replyTo().tell(new EngineProtocol.Refused(generate.request().id(), refusal));
  }

  /** Sent all the same, it would be dropped on the way, and its client would wait in vain. */
  private static Refusal tooLong(Generate generate, Throwable cause) {
    return new Refusal(
        Refusal.Reason.NEVER_FITS,
        "the prompt has "
            + generate.request().prompt().size()
            + " tokens, too many for a message to a worker: "
            + cause.getMessage(),
        Duration.ZERO,
        Duration.ZERO);
  }

  private ActorRef<WorkerProtocol.Command> nextWorker() {
    return workers.get(Math.floorMod(next++, workers.size()));
  }

  private String noWorker() {
    return "no worker serves " + modelName + " now; start one or wait until it has joined";
  }
}
