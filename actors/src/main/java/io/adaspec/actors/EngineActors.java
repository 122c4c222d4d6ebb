package io.adaspec.actors;

import org.apache.pekko.actor.typed.ActorRef;

/**
 * What all requests of an engine share.
 *
 * @param definition what the engine is made of
 * @param batching gives tokens
 * @param supervisor hears how requests ended
 */
record EngineActors(
    EngineDefinition definition,
    ActorRef<BatchingActor.Command> batching,
    ActorRef<SupervisorActor.Command> supervisor) {
  EngineModel model() {
    return definition.model();
  }

  EngineSettings.StreamSettings streams() {
    return definition.settings().streams();
  }

  EngineObserver observer() {
    return definition.observer();
  }

  long now() {
    return definition.clock().nanoTime();
  }
}
