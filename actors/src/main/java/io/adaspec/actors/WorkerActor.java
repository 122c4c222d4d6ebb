package io.adaspec.actors;

import io.adaspec.actors.EngineProtocol.Generate;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.receptionist.Receptionist;

/**
 * Offers a node's engine to gateways on other nodes: registers with the receptionist, and passes
 * requests on with their arrival time on this node's clock. Ends, and is forgotten by the
 * receptionist, when the engine does.
 */
public final class WorkerActor {
  private final Engine engine;

  private WorkerActor(Engine engine) {
    this.engine = engine;
  }

  /** The worker of an engine, to be spawned by the node's application. */
  public static Behavior<WorkerProtocol.Command> create(Engine engine) {
    return Behaviors.setup(
        context -> {
          register(context, engine);
          context.watch(engine.requests());
          WorkerActor worker = new WorkerActor(engine);
          return Behaviors.receive(WorkerProtocol.Command.class)
              .onMessage(WorkerProtocol.Command.class, worker::onCommand)
              .onSignal(Terminated.class, signal -> Behaviors.stopped())
              .build();
        });
  }

  private static void register(ActorContext<WorkerProtocol.Command> context, Engine engine) {
    context
        .getSystem()
        .receptionist()
        .tell(Receptionist.register(WorkerProtocol.key(engine.model().name()), context.getSelf()));
  }

  private Behavior<WorkerProtocol.Command> onCommand(WorkerProtocol.Command command) {
    switch (command) {
      case WorkerProtocol.Submit(Generate generate, long ageNanos) ->
          engine
              .requests()
              .tell(
                  new Generate(
                      generate.request().arrivedAt(engine.clock().nanoTime() - ageNanos),
                      generate.replyTo(),
                      generate.credit()));
      case WorkerProtocol.GetStatus(ActorRef<WorkerProtocol.Reply> replyTo) ->
          answer(engine.status().thenApply(WorkerProtocol.Status::new), replyTo);
      case WorkerProtocol.ApplyPolicy(var policy, ActorRef<WorkerProtocol.Reply> replyTo) ->
          answer(engine.applyPolicy(policy).thenApply(WorkerProtocol.PolicyApplied::new), replyTo);
    }
    return Behaviors.same();
  }

  /** Replies need no state of this actor, so they are sent from where they come up. */
  private static void answer(
      CompletionStage<? extends WorkerProtocol.Reply> reply,
      ActorRef<WorkerProtocol.Reply> replyTo) {
    reply.whenComplete(
        (value, error) ->
            replyTo.tell(
                error == null ? value : new WorkerProtocol.Rejected(String.valueOf(error))));
  }
}
