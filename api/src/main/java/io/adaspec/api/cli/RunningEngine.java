package io.adaspec.api.cli;

import io.adaspec.actors.Engine;
import io.adaspec.actors.EngineBuilder;
import io.adaspec.actors.EngineModel;
import io.adaspec.actors.EngineObserver;
import io.adaspec.actors.EngineSettings;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.device.Devices;
import io.adaspec.runtime.speculation.PolicySnapshot;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * An engine with the actor system and the models it runs on.
 *
 * @param system hosts the engine, and whatever serves it
 * @param engine takes requests at once; they wait for the devices
 * @param readiness of its devices
 * @param models what it serves
 */
record RunningEngine(
    ActorSystem<Void> system, Engine engine, DeviceReadiness readiness, ModelPair models)
    implements AutoCloseable {

  /** Starts actor system and engine; the devices open in the background. */
  static RunningEngine start(
      EngineConfig config,
      PolicySnapshot policy,
      ModelPair models,
      DeviceOptions options,
      List<EngineObserver> observers) {
    EngineSettings settings = config.settings(policy);
    Devices devices = Devices.discover();
    List<DeviceSpec> specs = options.specs(devices, models, config);
    DeviceReadiness readiness = new DeviceReadiness(specs.size());
    EngineBuilder builder =
        Engine.builder(
                new EngineModel(
                    models.name(), models.target().tokenizer(), options.contextTokens(models)))
            .settings(settings)
            .observer(readiness);
    observers.forEach(builder::observer);
    specs.forEach(spec -> builder.device(DeviceCosts.opener(devices, spec)));
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "adaspec", config.all());
    return new RunningEngine(system, builder.start(system), readiness, models);
  }

  /**
   * Returns when every device takes steps.
   *
   * @throws CommandFailure if one cannot be opened
   */
  void awaitReady() {
    await(readiness.allReady());
  }

  /** Waits; a failure is thrown as it is. */
  static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  /** Lets running requests finish within the drain time-out, then ends everything. */
  @Override
  public void close() {
    await(CoordinatedShutdown.get(system).runAll(CoordinatedShutdown.actorSystemTerminateReason()));
    await(system.getWhenTerminated());
    models.close();
  }
}
