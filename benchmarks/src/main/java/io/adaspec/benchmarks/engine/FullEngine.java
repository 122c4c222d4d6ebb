package io.adaspec.benchmarks.engine;

import io.adaspec.actors.DeviceOpener;
import io.adaspec.actors.Engine;
import io.adaspec.actors.EngineModel;
import io.adaspec.actors.EngineObserver;
import io.adaspec.actors.EngineSettings;
import io.adaspec.actors.ServiceLevels;
import io.adaspec.actors.TokenEvent;
import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.StepReport;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.stream.javadsl.Sink;

/** The engine as applications use it: actors, and a stream per request with a quick consumer. */
final class FullEngine implements AutoCloseable {
  private final ActorSystem<Void> system =
      ActorSystem.create(Behaviors.empty(), "actor-path-benchmark");
  private final AtomicLong characters = new AtomicLong();
  private final Engine engine;
  private volatile StepClock steps = new StepClock();

  FullEngine(EngineModel model, Supplier<Device> opener, CostModel cost, PolicySnapshot policy) {
    EngineObserver observer =
        new EngineObserver() {
          @Override
          public void stepCompleted(String device, StepReport report) {
            steps.stepped(engineClock());
          }
        };
    this.engine =
        Engine.builder(model)
            .device(new DeviceOpener("benchmark", opener, device -> cost))
            .settings(
                EngineSettings.from(system).withPolicy(policy).withLevels(ServiceLevels.none()))
            .observer(observer)
            .start(system);
  }

  private long engineClock() {
    return engine.clock().nanoTime();
  }

  /** Runs all requests to their end; returns the median time of a step in nanoseconds. */
  double run(List<InferenceRequest> requests) {
    StepClock clock = new StepClock();
    steps = clock;
    List<CompletableFuture<?>> ends =
        requests.stream().<CompletableFuture<?>>map(this::stream).toList();
    CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new)).join();
    engine.status().toCompletableFuture().join(); // the last step has been counted
    return clock.medianNanos();
  }

  private CompletableFuture<?> stream(InferenceRequest request) {
    return engine
        .generate(request)
        .collectType(TokenEvent.Tokens.class)
        .runWith(Sink.foreach(event -> characters.addAndGet(event.text().length())), system)
        .toCompletableFuture();
  }

  /** Text produced so far. */
  long characters() {
    return characters.get();
  }

  @Override
  public void close() {
    engine.stop().toCompletableFuture().join();
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().join();
  }
}
