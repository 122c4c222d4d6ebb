package io.adaspec.actors;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.adaspec.runtime.device.sim.SimulatedDevice;
import io.adaspec.runtime.device.sim.SimulatedDeviceProvider;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.scheduler.Scheduler;
import io.adaspec.runtime.scheduler.SchedulerLimits;
import io.adaspec.runtime.scheduler.StepOutcome;
import io.adaspec.runtime.scheduler.TokenEmission;
import io.adaspec.runtime.scheduler.WaitingQueue;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Strategies;
import io.adaspec.runtime.speculation.Verifier;
import io.adaspec.runtime.step.StepPlan;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.stream.javadsl.Sink;

/** An actor system of its own, engines in it, and the oracle of their text. */
final class EngineFixture implements AutoCloseable {
  /** 64 tokens, 1,024 tokens of context, 640 blocks of KV. */
  static final String SIM = "sim:tiny,vocab=64";

  static final CharTokenizer TOKENIZER = CharTokenizer.ascii(64);

  final ActorTestKit kit;
  private int engines;

  EngineFixture() {
    this("");
  }

  EngineFixture(String config) {
    kit =
        ActorTestKit.create(
            ConfigFactory.parseString(
                    config
                        + """

                        pekko.loggers = ["org.apache.pekko.event.slf4j.Slf4jLogger"]
                        pekko.coordinated-shutdown.run-by-actor-system-terminate = off
                        pekko.actor.testkit.typed.single-expect-default = 10s
                        """)
                .withFallback(ConfigFactory.load()));
  }

  /** The defaults, with plain decoding. */
  EngineSettings settings() {
    return EngineSettings.from(kit.system()).withPolicy(PolicySnapshot.plain());
  }

  /** Three drafts, and failed devices opened again at once. */
  EngineSettings quickRestarts() {
    return settings()
        .withPolicy(fixed(3))
        .withDevices(
            new EngineSettings.DeviceSettings(
                Duration.ofMillis(5), Duration.ofMillis(20), Duration.ofSeconds(30)));
  }

  static EngineModel model(String name) {
    return new EngineModel(name, TOKENIZER, 1024);
  }

  Engine engine(TestDevice... devices) {
    return engine(settings(), devices);
  }

  Engine engine(EngineSettings settings, TestDevice... devices) {
    EngineBuilder builder = Engine.builder(model("model-" + ++engines)).settings(settings);
    for (TestDevice device : devices) {
      builder.device(device.opener());
    }
    return builder.start(kit.system());
  }

  static PolicySnapshot fixed(int drafts) {
    return new PolicySnapshot(0, "fixed:" + drafts, DrafterKind.MODEL, drafts, Verifier.COUPLED);
  }

  /** A prompt of {@code length} tokens that differs by {@code salt}. */
  static TokenIds prompt(int length, int salt) {
    return TokenIds.of(IntStream.range(0, length).map(i -> (i * 7 + salt * 13) % 64).toArray());
  }

  static InferenceRequest.Builder request(Engine engine, String id, int salt, int maxOutput) {
    return InferenceRequest.builder(id, prompt(20, salt), maxOutput, engine.clock().nanoTime());
  }

  /** What a request yields on an engine without actors, without speculation and alone. */
  static String oracle(InferenceRequest request) {
    SimulatedDevice device = SimulatedDeviceProvider.openSimulated(SIM);
    WaitingQueue waiting = new WaitingQueue(10, 10_000);
    Scheduler scheduler =
        new Scheduler(
            device.info(),
            waiting,
            SchedulerLimits.defaults(),
            PolicySnapshot.plain(),
            device.cost(),
            Strategies::of);
    waiting.submit(request);
    StringBuilder text = new StringBuilder();
    Optional<StepPlan> plan = scheduler.schedule(0);
    while (plan.isPresent()) {
      StepOutcome outcome = scheduler.commit(device.execute(plan.get()), 0);
      for (TokenEmission emission : outcome.emissions()) {
        text.append(TOKENIZER.decode(emission.tokens()));
      }
      plan = scheduler.schedule(0);
    }
    return text.toString();
  }

  /** All events of a request. */
  List<TokenEvent> run(Engine engine, InferenceRequest request) {
    return await(start(engine, request));
  }

  /** All events of a request, sooner or later. */
  CompletionStage<List<TokenEvent>> start(Engine engine, InferenceRequest request) {
    return engine.generate(request).runWith(Sink.seq(), kit.system());
  }

  /** The engine answers a request whole and right. */
  void assertAnswers(Engine engine, int salt) {
    InferenceRequest request = request(engine, "answered-" + salt, salt, 20).build();
    assertThat(text(run(engine, request))).isEqualTo(oracle(request));
  }

  static String text(List<TokenEvent> events) {
    return events.stream()
        .map(event -> event instanceof TokenEvent.Tokens tokens ? tokens.text() : "")
        .collect(Collectors.joining());
  }

  static GenerationSummary summary(List<TokenEvent> events) {
    return ((TokenEvent.Finished) events.getLast()).summary();
  }

  static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
    } catch (java.util.concurrent.ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
    } catch (InterruptedException | java.util.concurrent.TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Waits until a condition of an engine holds. */
  void awaitStatus(Engine engine, java.util.function.Predicate<EngineStatus> condition) {
    kit.createTestProbe()
        .awaitAssert(
            Duration.ofSeconds(10),
            Duration.ofMillis(10),
            () -> {
              EngineStatus status = await(engine.status());
              if (!condition.test(status)) {
                throw new AssertionError("not yet: " + status);
              }
              return status;
            });
  }

  @Override
  public void close() {
    kit.shutdownTestKit();
  }
}
