package io.adaspec.api.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.actors.DeviceOpener;
import io.adaspec.actors.Engine;
import io.adaspec.actors.EngineModel;
import io.adaspec.actors.EngineStatus;
import io.adaspec.actors.EngineStatus.DeviceState;
import io.adaspec.actors.TokenEvent;
import io.adaspec.gpu.EmulatedDriver;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.device.Devices;
import io.adaspec.runtime.device.sim.SimulatedProfile;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.model.ModelFiles;
import io.adaspec.runtime.model.TinyModels;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.request.TokenIds;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two GPUs share the requests; one is lost, and no client notices. */
class LostGpuTest {
  private static final int REQUESTS = 6;
  private static final int OUTPUT = 60;

  private final EmulatedDriver driver = EmulatedDriver.load();
  private final ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "gpus");
  @TempDir private Path folder = Path.of("");

  @BeforeEach
  void twoGpus() {
    driver.setDevices(2);
  }

  @AfterEach
  void end() throws Exception {
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().get(20, TimeUnit.SECONDS);
    driver.reset();
  }

  @Test
  void theOtherGpuContinuesEveryStreamWithoutAGap() throws Exception {
    try (LoadedModel model = ModelFiles.open(TinyModels.writeLlama(folder))) {
      Engine undisturbed = engine(model, "undisturbed", "cuda:0");
      List<String> expected = texts(ask(undisturbed, () -> {}));
      await(undisturbed.stop());

      Engine engine = engine(model, "two", "cuda:0", "cuda:1");
      List<CompletionStage<List<TokenEvent>>> answers = ask(engine, () -> driver.loseDevice(0));
      assertThat(texts(answers)).isEqualTo(expected).allSatisfy(t -> assertThat(t).isNotEmpty());
      // A GPU without work does not notice its loss; an idle engine gives the next request to the
      // first, which then fails at the latest.
      assertThat(texts(List.of(generate(engine, "next", 0, () -> {}))))
          .containsExactly(expected.getFirst());
      EngineStatus status = await(engine.status());
      assertThat(status.devices())
          .filteredOn(device -> device.state() == DeviceState.READY)
          .extracting(EngineStatus.DeviceStatus::name)
          .containsExactly("cuda:1");
      await(engine.stop());
    }
  }

  private Engine engine(LoadedModel model, String name, String... gpus) {
    var builder =
        Engine.builder(new EngineModel(name, model.tokenizer(), model.config().contextTokens()));
    for (String gpu : gpus) {
      DeviceSpec spec =
          new DeviceSpec(gpu, Optional.of(model.forDevice()), Optional.empty(), 0, 1 << 22, 16, 64);
      builder.device(
          DeviceOpener.of(
              Devices.discover(), spec, device -> SimulatedProfile.named("a100-vicuna-7b")));
    }
    return builder.start(system);
  }

  /** Starts all requests, and does something when each of them has got some tokens. */
  private List<CompletionStage<List<TokenEvent>>> ask(Engine engine, Runnable whenRunning)
      throws InterruptedException {
    CountDownLatch running = new CountDownLatch(REQUESTS);
    List<CompletionStage<List<TokenEvent>>> answers = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      answers.add(generate(engine, "r" + i, i, running::countDown));
    }
    assertThat(running.await(30, TimeUnit.SECONDS)).isTrue();
    whenRunning.run();
    return answers;
  }

  private CompletionStage<List<TokenEvent>> generate(
      Engine engine, String id, int number, Runnable onFirstTokens) {
    int[] prompt = {1, 70 + number, 80, 90};
    InferenceRequest request =
        InferenceRequest.builder(id, TokenIds.of(prompt), OUTPUT, engine.clock().nanoTime())
            .sampling(number % 2 == 0 ? SamplingParams.greedy() : SamplingParams.of(0.9f, number))
            .build();
    boolean[] counted = new boolean[1];
    return engine
        .generate(request)
        .map(
            event -> {
              if (event instanceof TokenEvent.Tokens && !counted[0]) {
                counted[0] = true;
                onFirstTokens.run();
              }
              return event;
            })
        .runWith(Sink.seq(), system);
  }

  private static List<String> texts(List<CompletionStage<List<TokenEvent>>> answers) {
    return answers.stream()
        .map(
            answer ->
                await(answer).stream()
                    .map(event -> event instanceof TokenEvent.Tokens tokens ? tokens.text() : "")
                    .collect(Collectors.joining()))
        .toList();
  }

  private static <T> T await(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
  }
}
