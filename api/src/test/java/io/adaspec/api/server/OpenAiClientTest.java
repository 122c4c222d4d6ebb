package io.adaspec.api.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.ResponseConnection;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.InternalServerException;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIServiceException;
import com.openai.errors.UnauthorizedException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.models.Model;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseStreamEvent;
import com.openai.models.responses.ResponsesClientEvent;
import com.openai.models.responses.ResponsesServerEvent;
import io.adaspec.actors.EngineFailedException;
import io.adaspec.actors.Refusal;
import io.adaspec.actors.RequestRefusedException;
import io.adaspec.actors.TokenEvent;
import io.adaspec.api.ServerSettings;
import io.adaspec.runtime.request.InferenceRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The official Java client, whose validation finds every missing field. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OpenAiClientTest {
  private static final AtomicInteger REFUSALS = new AtomicInteger();
  private TestServer server;
  private OpenAIClient client;

  @BeforeAll
  void start() throws Exception {
    server =
        TestServer.scripted(
            OpenAiClientTest::script, ServerSettings.defaults().withApiKeys(List.of("secret")));
    client = client("secret");
  }

  @AfterAll
  void stop() {
    client.close();
    server.close();
  }

  private OpenAIClient client(String key) {
    return OpenAIOkHttpClient.builder()
        .baseUrl("http://127.0.0.1:" + server.caller.port + "/v1")
        .apiKey(key)
        .timeout(Duration.ofSeconds(20))
        .build();
  }

  private static Source<TokenEvent, NotUsed> script(InferenceRequest request) {
    String prompt = new LetterTokenizer().decode(request.prompt().toArray());
    if (prompt.contains("break")) {
      return ScriptedEngine.words("a", "b")
          .concat(Source.lazySource(() -> Source.failed(new EngineFailedException("device lost"))));
    }
    if (prompt.contains("busy") && REFUSALS.getAndIncrement() < 2) {
      Duration wait = Duration.ofMillis(5);
      return Source.failed(
          new RequestRefusedException(
              new Refusal(Refusal.Reason.QUEUE_FULL, "the queue is full", wait, wait)));
    }
    return ScriptedEngine.saying("Hello", ", ", "world").apply(request);
  }

  private static CompletionCreateParams.Builder completion(String prompt) {
    return CompletionCreateParams.builder().model("letters").prompt(prompt);
  }

  private static ChatCompletionCreateParams.Builder chat() {
    return ChatCompletionCreateParams.builder().model("letters").addUserMessage("Hi");
  }

  private static ResponseCreateParams.Builder response() {
    return ResponseCreateParams.builder().model("letters").input("Hi");
  }

  @Test
  void completions() {
    Completion answer = client.completions().create(completion("Hi").seed(7).build()).validate();
    assertThat(answer.choices().getFirst().text()).isEqualTo("Hello, world");
    assertThat(answer.choices().getFirst().finishReason().asString()).isEqualTo("stop");
    assertThat(answer.usage().orElseThrow().completionTokens()).isEqualTo(3);
  }

  @Test
  void streamedCompletions() {
    try (StreamResponse<Completion> stream =
        client.completions().createStreaming(completion("Hi").build())) {
      String text =
          stream.stream()
              .map(chunk -> chunk.choices().getFirst().text())
              .collect(Collectors.joining());
      assertThat(text).isEqualTo("Hello, world");
    }
  }

  @Test
  void chatWithExtensions() {
    ChatCompletion answer =
        client
            .chat()
            .completions()
            .create(
                chat()
                    .n(2)
                    .serviceTier(ChatCompletionCreateParams.ServiceTier.FLEX)
                    .putAdditionalBodyProperty(
                        "slo", JsonValue.from(java.util.Map.of("ttft_ms", 500, "tpot_ms", 40)))
                    .build())
            .validate();
    assertThat(answer.choices()).hasSize(2);
    assertThat(answer.choices().get(1).message().content()).contains("Hello, world");
    assertThat(answer.serviceTier()).contains(ChatCompletion.ServiceTier.FLEX);
    assertThat(answer.usage().orElseThrow().totalTokens()).isPositive();
  }

  @Test
  void streamedChatAccumulatesToTheWholeAnswer() {
    ChatCompletionAccumulator whole = ChatCompletionAccumulator.create();
    ChatCompletionStreamOptions usage =
        ChatCompletionStreamOptions.builder().includeUsage(true).build();
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(chat().streamOptions(usage).build())) {
      stream.stream().map(ChatCompletionChunk::validate).forEach(whole::accumulate);
    }
    ChatCompletion answer = whole.chatCompletion();
    assertThat(answer.choices().getFirst().message().content()).contains("Hello, world");
    assertThat(answer.usage().orElseThrow().completionTokens()).isEqualTo(3);
  }

  @Test
  void models() {
    List<Model> models = client.models().list().data();
    assertThat(models).singleElement().returns("letters", model -> model.validate().id());
    assertThat(client.models().retrieve("letters").validate().created()).isEqualTo(1_700_000_000);
  }

  @Test
  void responses() {
    Response first = client.responses().create(response().build()).validate();
    assertThat(text(first)).isEqualTo("Hello, world");
    List<ResponseStreamEvent> events = new ArrayList<>();
    try (StreamResponse<ResponseStreamEvent> stream =
        client.responses().createStreaming(response().previousResponseId(first.id()).build())) {
      stream.stream().map(ResponseStreamEvent::validate).forEach(events::add);
    }
    assertThat(
            events.stream()
                .filter(ResponseStreamEvent::isOutputTextDelta)
                .map(event -> event.asOutputTextDelta().delta())
                .collect(Collectors.joining()))
        .isEqualTo("Hello, world");
    Response second = events.getLast().asCompleted().response();
    assertThat(second.previousResponseId()).contains(first.id());
  }

  private static String text(Response response) {
    return response.output().getFirst().asMessage().content().getFirst().asOutputText().text();
  }

  @Test
  void responsesOverAWebSocket() {
    try (ResponseConnection connection = client.responses().connect()) {
      connection.send(
          ResponsesClientEvent.ofResponseCreate(
              ResponsesClientEvent.ResponseCreate.builder().model("letters").input("Hi").build()));
      StringBuilder deltas = new StringBuilder();
      ResponsesServerEvent event = connection.receive().validate();
      while (!event.isResponseCompleted()) {
        event.responseOutputTextDelta().ifPresent(delta -> deltas.append(delta.delta()));
        event = connection.receive().validate();
      }
      assertThat(deltas.toString()).isEqualTo("Hello, world");
      assertThat(text(event.asResponseCompleted().response())).isEqualTo("Hello, world");
    }
  }

  @Test
  void errorsBecomeTheirExceptions() {
    assertThatThrownBy(() -> client.completions().create(completion("Hi").temperature(9.0).build()))
        .isInstanceOfSatisfying(
            BadRequestException.class,
            error -> {
              assertThat(error.param()).contains("temperature");
              assertThat(error.code()).contains("invalid_value");
              assertThat(error.type()).contains("invalid_request_error");
            });
    assertThatThrownBy(() -> client.models().retrieve("other"))
        .isInstanceOf(NotFoundException.class);
    OpenAIClient stranger = client("wrong");
    assertThatThrownBy(() -> stranger.models().list()).isInstanceOf(UnauthorizedException.class);
    stranger.close();
  }

  @Test
  void aFailureInMidStreamIsAnException() {
    try (StreamResponse<Completion> stream =
        client.completions().createStreaming(completion("break").build())) {
      assertThatThrownBy(() -> stream.stream().forEach(chunk -> {}))
          .isInstanceOf(OpenAIServiceException.class)
          .hasMessageContaining("device lost");
    }
  }

  @Test
  void refusalsAreRetriedAndPermanentFailuresAreNot() {
    Completion answer = client.completions().create(completion("busy").build());
    assertThat(answer.choices().getFirst().text()).isEqualTo("Hello, world");
    assertThat(REFUSALS.get()).isEqualTo(3);
    int before = server.script().requests.size();
    assertThatThrownBy(() -> client.completions().create(completion("break").build()))
        .isInstanceOf(InternalServerException.class);
    assertThat(server.script().requests).hasSize(before + 1);
  }
}
