package io.adaspec.actors;

import io.adaspec.actors.EngineProtocol.Generate;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * Where typed actors send requests: gives each one its {@link RequestActor}. Ends with the engine.
 */
final class IntakeActor {
  private final ActorContext<EngineProtocol.Command> context;
  private final RequestActor.Shared shared;

  private IntakeActor(ActorContext<EngineProtocol.Command> context, RequestActor.Shared shared) {
    this.context = context;
    this.shared = shared;
  }

  static Behavior<EngineProtocol.Command> create(RequestActor.Shared shared) {
    return Behaviors.setup(
        context -> {
          context.watch(shared.batching());
          return Behaviors.receive(EngineProtocol.Command.class)
              .onMessage(EngineProtocol.Command.class, new IntakeActor(context, shared)::onCommand)
              .onSignal(
                  org.apache.pekko.actor.typed.Terminated.class, signal -> Behaviors.stopped())
              .build();
        });
  }

  private Behavior<EngineProtocol.Command> onCommand(EngineProtocol.Command command) {
    switch (command) {
      case Generate generate -> context.spawnAnonymous(RequestActor.forActor(shared, generate));
    }
    return Behaviors.same();
  }
}
