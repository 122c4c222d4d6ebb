package io.adaspec.actors;

import static io.adaspec.actors.EngineFixture.await;
import static io.adaspec.actors.EngineFixture.summary;
import static io.adaspec.actors.EngineFixture.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.device.cpu.CpuDeviceProvider;
import io.adaspec.runtime.device.sim.SimulatedProfile;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.model.ModelFiles;
import io.adaspec.runtime.model.SharedAssets;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.Penalties;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.request.TokenIds;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The bundled pair on the processor: a device that fails mid-step leaves no trace in the text. */
class CpuFailureTest {
  private static final List<String> PROMPTS =
      List.of("Once upon a time", "The old king", "Tom and his dog", "In a small house");

  private static EngineFixture fixture;
  private static LoadedModel target;
  private static LoadedModel draft;

  @BeforeAll
  static void start() throws IOException {
    fixture = new EngineFixture();
    target =
        ModelFiles.open(SharedAssets.bundled("models/storyteller/storyteller-target-q8_0.gguf"));
    draft = ModelFiles.open(SharedAssets.bundled("models/storyteller/storyteller-draft-q8_0.gguf"));
  }

  @AfterAll
  static void stop() {
    fixture.close();
    target.close();
    draft.close();
  }

  private static Device open() {
    return new CpuDeviceProvider()
        .open(
            new DeviceSpec(
                "cpu",
                Optional.of(target.forDevice()),
                Optional.of(draft.forDevice()),
                1,
                16 << 20,
                16,
                64));
  }

  private static Engine engine(String name, EngineSettings settings, TestDevice device) {
    EngineModel model = new EngineModel(name, target.tokenizer(), target.config().contextTokens());
    return Engine.builder(model)
        .device(device.opener())
        .settings(settings)
        .start(fixture.kit.system());
  }

  private static List<CompletionStage<List<TokenEvent>>> ask(Engine engine) {
    List<CompletionStage<List<TokenEvent>>> answers = new ArrayList<>();
    for (int i = 0; i < PROMPTS.size(); i++) {
      TokenIds prompt = TokenIds.of(target.tokenizer().encode(PROMPTS.get(i), true, false));
      SamplingParams sampling =
          i % 2 == 0 ? SamplingParams.greedy() : SamplingParams.of(0.8f, 40 + i);
      Penalties penalties = i < 2 ? Penalties.none() : new Penalties(1.1f, 1, 0.5f, Map.of());
      InferenceRequest request =
          InferenceRequest.builder("r" + i, prompt, 48, engine.clock().nanoTime())
              .sampling(sampling.with(penalties))
              .build();
      answers.add(engine.generate(request).runWith(Sink.seq(), fixture.kit.system()));
    }
    return answers;
  }

  @Test
  void clientsSeeAnUninterruptedIdenticalStream() {
    SimulatedProfile cost = SimulatedProfile.named("cpu-110m");
    EngineSettings plain = fixture.settings().withLevels(ServiceLevels.none());
    Engine undisturbed =
        engine("undisturbed", plain, TestDevice.over("cpu", CpuFailureTest::open, cost));
    List<String> expected = ask(undisturbed).stream().map(answer -> text(await(answer))).toList();
    await(undisturbed.stop());

    TestDevice device = TestDevice.over("cpu", CpuFailureTest::open, cost);
    device.failWhere(plan -> List.of(2L, 5L, 6L, 14L).contains((long) device.plans.size()));
    EngineSettings speculating =
        plain
            .withPolicy(EngineFixture.fixed(4))
            .withDevices(
                new EngineSettings.DeviceSettings(
                    Duration.ofMillis(5), Duration.ofMillis(20), Duration.ofSeconds(30)));
    Engine engine = engine("disturbed", speculating, device);
    List<CompletionStage<List<TokenEvent>>> answers = ask(engine);
    for (int i = 0; i < answers.size(); i++) {
      List<TokenEvent> events = await(answers.get(i));
      assertThat(text(events)).isEqualTo(expected.get(i)).isNotBlank();
      assertThat(summary(events).acceptedTokens()).isPositive();
    }
    assertThat(device.opened.get()).isEqualTo(5);
    assertThat(device.closed.get()).isEqualTo(4);
    await(engine.stop());
  }
}
