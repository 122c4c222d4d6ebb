package io.adaspec.actors;

import io.adaspec.actors.EngineProtocol.Generate;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * Where typed actors send requests: gives each one its {@link RequestActor}. Ends with the engine.
 */
final class IntakeActor {
  private final ActorContext<EngineProtocol.Command> context;
  private final EngineActors engine;

  private IntakeActor(ActorContext<EngineProtocol.Command> context, EngineActors engine) {
    this.context = context;
    this.engine = engine;
  }

  static Behavior<EngineProtocol.Command> create(EngineActors engine) {
    return Behaviors.setup(
        context -> {
          context.watch(engine.batching());
          return Behaviors.receive(EngineProtocol.Command.class)
              .onMessage(EngineProtocol.Command.class, new IntakeActor(context, engine)::onCommand)
              .onSignal(Terminated.class, signal -> Behaviors.stopped())
              .build();
        });
  }

  private Behavior<EngineProtocol.Command> onCommand(EngineProtocol.Command command) {
    switch (command) {
      case Generate generate -> context.spawnAnonymous(RequestActor.forActor(engine, generate));
    }
    return Behaviors.same();
  }
}
