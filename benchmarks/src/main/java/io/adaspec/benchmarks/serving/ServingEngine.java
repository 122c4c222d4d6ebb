package io.adaspec.benchmarks.serving;

import io.adaspec.actors.DeviceOpener;
import io.adaspec.actors.Engine;
import io.adaspec.actors.EngineModel;
import io.adaspec.actors.EngineObserver;
import io.adaspec.actors.EngineSettings;
import io.adaspec.actors.EngineSettings.QueueSettings;
import io.adaspec.actors.EngineStatus.DeviceState;
import io.adaspec.actors.EngineStatus.DeviceStatus;
import io.adaspec.actors.ServiceLevels;
import io.adaspec.actors.TokenEvent;
import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.StepDecision;
import io.adaspec.runtime.speculation.StepReport;
import io.adaspec.runtime.speculation.Strategies;
import io.adaspec.runtime.speculation.Verifier;
import io.adaspec.runtime.time.NanoClock;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.javadsl.Sink;

/**
 * The engine as applications embed it, under one policy, with a device of its own: what a policy
 * has learnt about requests and costs, it keeps, and the others do not see it. Takes every request,
 * however long it will wait. Thread-safe.
 */
final class ServingEngine implements AutoCloseable {
  /**
   * What a client got.
   *
   * @param tokens output tokens
   * @param firstNanos when the first came, on the engine's clock
   * @param lastNanos when the last came
   */
  record Delivery(int tokens, long firstNanos, long lastNanos) {
    private static final Delivery NOTHING = new Delivery(0, 0, 0);

    private Delivery plus(int more, long nanos) {
      return more == 0
          ? this
          : new Delivery(tokens + more, tokens == 0 ? nanos : firstNanos, nanos);
    }
  }

  private final ActorSystem<?> system;
  private final Engine engine;
  private final Observer observer = new Observer();

  /**
   * Starts it and waits until its device is open.
   *
   * @param model tokenizer and context; the engine's name is that of the policy
   */
  ServingEngine(
      ActorSystem<?> system,
      EngineModel model,
      Supplier<Device> opener,
      CostModel cost,
      String policy) {
    this.system = system;
    EngineSettings settings = EngineSettings.from(system);
    this.engine =
        Engine.builder(new EngineModel(policy, model.tokenizer(), model.contextTokens()))
            .device(new DeviceOpener("serving-" + policy, opener, device -> cost))
            .settings(
                settings
                    .withPolicy(snapshot(policy))
                    .withLevels(ServiceLevels.none())
                    .withQueue(
                        new QueueSettings(
                            Integer.MAX_VALUE - 1, Long.MAX_VALUE / 2, Double.MAX_VALUE)))
            .observer(observer)
            .start(system);
    observer.ready.join();
  }

  private static PolicySnapshot snapshot(String policy) {
    return policy.equals("off")
        ? PolicySnapshot.plain()
        : new PolicySnapshot(
            0, policy, DrafterKind.MODEL, Strategies.DEFAULT_DRAFT_CAP, Verifier.COUPLED);
  }

  /** Knows when the device takes steps, and what they took so far. */
  private static final class Observer implements EngineObserver {
    private final CompletableFuture<Void> ready = new CompletableFuture<>();
    private long stepNanos;
    private double gainNanos;

    @Override
    public void deviceChanged(DeviceStatus device) {
      if (device.state() == DeviceState.READY) {
        ready.complete(null);
      } else if (device.state() != DeviceState.STARTING) {
        ready.completeExceptionally(
            new IllegalStateException("device " + device.name() + ": " + device.detail()));
      }
    }

    @Override
    public synchronized void stepDecided(String device, StepDecision decision, StepReport report) {
      stepNanos += report.totalNanos();
      gainNanos = decision.gainNanos();
    }

    private synchronized StepTime steps() {
      return new StepTime(stepNanos / 1e9, gainNanos / 1e9);
    }
  }

  /** All steps so far; what the last one gained is not in it. */
  StepTime steps() {
    return observer.steps();
  }

  NanoClock clock() {
    return engine.clock();
  }

  /** Streams a request to a consumer that keeps up; fails when it is refused or fails. */
  CompletableFuture<Delivery> stream(InferenceRequest request) {
    return engine
        .generate(request)
        .collectType(TokenEvent.Tokens.class)
        .runWith(
            Sink.fold(
                Delivery.NOTHING,
                (sum, event) -> sum.plus(event.tokenIds().size(), clock().nanoTime())),
            system)
        .toCompletableFuture();
  }

  @Override
  public void close() {
    engine.stop().toCompletableFuture().join();
  }
}
