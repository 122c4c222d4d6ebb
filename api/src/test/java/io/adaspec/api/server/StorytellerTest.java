package io.adaspec.api.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.adaspec.actors.DeviceOpener;
import io.adaspec.actors.EngineModel;
import io.adaspec.api.ServerSettings;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.device.Devices;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.model.ModelFiles;
import io.adaspec.runtime.speculation.CostModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** The bundled pair from end to end: files, CPU device, scheduler, actors, HTTP, WebSocket. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class StorytellerTest {
  private static final Path FOLDER =
      Path.of(System.getProperty("adaspec.root", "..")).resolve("config/models/storyteller");
  private static final String PATH = "/v1/completions";
  private static final List<String> STORIES =
      List.of(
          "{\"prompt\":\"Once upon a time there was a fox\",\"max_tokens\":48,\"temperature\":0",
          "{\"prompt\":\"The old ship\",\"max_tokens\":48,\"temperature\":0.8,\"seed\":11",
          "{\"prompt\":\"“Dear me,” said the cat\",\"max_tokens\":48,\"temperature\":1,\"seed\":4",
          "{\"prompt\":\"Once upon a time there was a fox\",\"max_tokens\":48,\"temperature\":0"
              + ",\"frequency_penalty\":1.5,\"presence_penalty\":0.5,\"repetition_penalty\":1.1");

  private LoadedModel target;
  private LoadedModel draft;
  private EngineServer speculating;
  private EngineServer plain;

  /** Every pass costs the same; the policies of this test do not ask. */
  private record FlatCost() implements CostModel {
    @Override
    public double targetPassNanos(int rows, long contextTokens) {
      return rows == 0 ? 0 : 1e6;
    }

    @Override
    public double draftPassNanos(int rows, long contextTokens) {
      return rows == 0 ? 0 : 1e5;
    }

    @Override
    public double overheadNanos(int sequences) {
      return 1e4;
    }
  }

  @BeforeAll
  void start() throws Exception {
    target = ModelFiles.open(FOLDER.resolve("storyteller-target-q8_0.gguf"));
    draft = ModelFiles.open(FOLDER.resolve("storyteller-draft-q8_0.gguf"));
    speculating =
        server(
            Optional.of(draft),
            """
            adaspec.policy { strategy = "fixed:4", drafter = model, draft-cap = 8 }
            """);
    plain = server(Optional.empty(), "adaspec.policy { strategy = off, drafter = none }");
  }

  private EngineServer server(Optional<LoadedModel> drafter, String config) throws Exception {
    DeviceSpec spec =
        new DeviceSpec(
            "cpu",
            Optional.of(target.forDevice()),
            drafter.map(LoadedModel::forDevice),
            2,
            64L << 20,
            16,
            512);
    return new EngineServer(
        new EngineModel("storyteller", target.tokenizer(), target.config().contextTokens()),
        target.chatTemplate(),
        DeviceOpener.of(Devices.discover(), spec, device -> new FlatCost()),
        ServerSettings.defaults(),
        config);
  }

  @AfterAll
  void stop() {
    speculating.close();
    plain.close();
    draft.close();
    target.close();
  }

  private static String whole(EngineServer server, String story) throws Exception {
    return server.caller.answer(PATH, story + "}").at("/choices/0/text").asText();
  }

  private static String streamed(EngineServer server, String story) throws Exception {
    return server.caller.chunks(PATH, story + ",\"stream\":true}").stream()
        .map(chunk -> chunk.at("/choices/0/text").asText())
        .collect(Collectors.joining());
  }

  private static String streamedUnchecked(EngineServer server, String story) {
    try {
      return streamed(server, story);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void theTextIsTheSameStreamedOrWholeWithSpeculationOrWithout() throws Exception {
    for (String story : STORIES) {
      String expected = whole(plain, story);
      assertThat(expected).as(story).hasSizeGreaterThan(60);
      assertThat(streamed(plain, story)).isEqualTo(expected);
      assertThat(whole(speculating, story)).isEqualTo(expected);
      assertThat(streamed(speculating, story)).isEqualTo(expected);
      assertThat(whole(speculating, story + ",\"speculation\":{\"mode\":\"off\"}"))
          .isEqualTo(expected);
    }
  }

  @Test
  void penaltiesAndBiasesChangeTheText() throws Exception {
    assertThat(whole(plain, STORIES.getLast())).isNotEqualTo(whole(plain, STORIES.getFirst()));
    int cat = target.tokenizer().encode(" cat", false, false)[0];
    String biased = STORIES.getFirst() + ",\"logit_bias\":{\"" + cat + "\":100}";
    assertThat(whole(speculating, biased))
        .isEqualTo(target.tokenizer().decode(new int[] {cat}).repeat(48));
  }

  @Test
  void theTextIsTheSameInACrowd() throws Exception {
    List<CompletableFuture<String>> crowd = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      String story = STORIES.get(i % STORIES.size());
      crowd.add(CompletableFuture.supplyAsync(() -> streamedUnchecked(speculating, story)));
    }
    for (int i = 0; i < crowd.size(); i++) {
      assertThat(crowd.get(i).get(60, TimeUnit.SECONDS))
          .isEqualTo(whole(plain, STORIES.get(i % STORIES.size())));
    }
  }

  @Test
  void speculationSavesSteps() throws Exception {
    JsonNode usage = speculating.caller.answer(PATH, STORIES.getFirst() + "}").path("usage");
    assertThat(usage.path("completion_tokens").asInt()).isEqualTo(48);
    assertThat(usage.at("/speculation/accepted_tokens").asInt()).isGreaterThan(15);
    assertThat(usage.at("/speculation/steps").asInt()).isLessThan(34);
    assertThat(usage.at("/timing/ttft_ms").asDouble()).isPositive();
  }

  @Test
  void chatAndTurnsUseTheModelsOwnTemplate() throws Exception {
    String chat =
        speculating
            .caller
            .answer(
                "/v1/chat/completions",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"The old ship\"}],"
                    + "\"max_tokens\":24,\"temperature\":0}")
            .at("/choices/0/message/content")
            .asText();
    assertThat(chat).isNotBlank();
    try (SocketClient client = SocketClient.open(speculating.caller.port)) {
      client.send(
          "{\"type\":\"response.create\",\"input\":\"The old ship\",\"temperature\":0,"
              + "\"max_output_tokens\":24}");
      List<JsonNode> events = client.eventsTo("response.incomplete");
      assertThat(
              events.stream()
                  .map(event -> event.path("delta").asText())
                  .collect(Collectors.joining()))
          .isEqualTo(chat);
    }
  }

  @Test
  void tokensAndTextBelongTogether() throws Exception {
    JsonNode tokens =
        speculating
            .caller
            .answer("/tokenize", "{\"prompt\":\"“Dear me,” said the cat\"}")
            .path("tokens");
    String text =
        speculating
            .caller
            .answer("/detokenize", "{\"tokens\":" + tokens + "}")
            .path("prompt")
            .asText();
    assertThat(text).isEqualTo("“Dear me,” said the cat");
  }
}
