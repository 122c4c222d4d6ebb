package io.adaspec.api.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.adaspec.actors.EngineFailedException;
import io.adaspec.actors.Refusal;
import io.adaspec.actors.RequestRefusedException;
import io.adaspec.actors.TokenEvent;
import io.adaspec.api.ServerSettings;
import io.adaspec.api.responses.SocketLimits;
import io.adaspec.runtime.request.InferenceRequest;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The Responses protocol over a WebSocket: events, turns that continue others, errors. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ResponsesSocketTest {
  private static final String KEY = "Authorization: Bearer one";
  private static final String OTHER_KEY = "Authorization: Bearer two";
  private TestServer server;

  @BeforeAll
  void start() throws Exception {
    server =
        TestServer.scripted(
            ResponsesSocketTest::script,
            ServerSettings.defaults()
                .withApiKeys(List.of("one", "two"))
                .withSockets(
                    new SocketLimits(
                        3,
                        1 << 16,
                        Duration.ofSeconds(15),
                        Duration.ofMinutes(60),
                        Duration.ofSeconds(5),
                        Set.of())));
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private static Source<TokenEvent, NotUsed> script(InferenceRequest request) {
    String prompt = new LetterTokenizer().decode(request.prompt().toArray());
    if (prompt.contains("endless")) {
      return ScriptedEngine.babbling(Duration.ofMillis(5)).apply(request);
    }
    if (prompt.contains("break")) {
      return ScriptedEngine.words("a", "b")
          .concat(Source.lazySource(() -> Source.failed(new EngineFailedException("device lost"))));
    }
    if (prompt.contains("refuse")) {
      return Source.failed(
          new RequestRefusedException(
              new Refusal(
                  Refusal.Reason.QUEUE_FULL,
                  "the queue is full",
                  Duration.ofSeconds(2),
                  Duration.ofSeconds(2))));
    }
    return ScriptedEngine.saying("Hello", ", ", "world").apply(request);
  }

  private SocketClient open() throws Exception {
    return SocketClient.open(server.caller.port, KEY);
  }

  private static String create(String input, String more) {
    return "{\"type\":\"response.create\",\"input\":\"" + input + "\"" + more + "}";
  }

  private static String id(List<JsonNode> events) {
    return events.getFirst().at("/response/id").asText();
  }

  private String lastPrompt() {
    return new LetterTokenizer().decode(server.script().requests.getLast().prompt().toArray());
  }

  @Test
  void aTurnIsASequenceOfNumberedEvents() throws Exception {
    try (SocketClient client = open()) {
      client.send(create("Hi", ",\"model\":\"letters\",\"metadata\":{\"a\":\"b\"}"));
      List<JsonNode> events = client.eventsTo("response.completed");
      assertThat(events.stream().map(event -> event.path("type").asText()))
          .containsExactly(
              "response.created",
              "response.in_progress",
              "response.output_item.added",
              "response.content_part.added",
              "response.output_text.delta",
              "response.output_text.delta",
              "response.output_text.delta",
              "response.output_text.done",
              "response.content_part.done",
              "response.output_item.done",
              "response.completed");
      assertThat(events.stream().map(event -> event.path("sequence_number").asInt()))
          .containsExactlyElementsOf(IntStream.range(0, events.size()).boxed().toList());
      assertThat(
              events.stream()
                  .map(event -> event.path("delta").asText())
                  .collect(Collectors.joining()))
          .isEqualTo("Hello, world");
      JsonNode response = events.getLast().path("response");
      assertThat(response.path("id").asText()).startsWith("resp_").isEqualTo(id(events));
      assertThat(response.path("status").asText()).isEqualTo("completed");
      assertThat(response.at("/output/0/content/0/text").asText()).isEqualTo("Hello, world");
      assertThat(response.at("/usage/output_tokens").asInt()).isEqualTo(3);
      assertThat(response.at("/usage/speculation/draft_tokens").asInt()).isEqualTo(4);
      assertThat(response.at("/metadata/a").asText()).isEqualTo("b");
      assertThat(response.has("error")).isFalse();
      assertThat(events).noneMatch(event -> event.has("stream_id"));
    }
  }

  @Test
  void aTurnContinuesTheConversationOfAnother() throws Exception {
    String first;
    try (SocketClient client = open()) {
      client.send(create("Hi", ",\"instructions\":\"Be brief\""));
      first = id(client.eventsTo("response.completed"));
      client.send(create("And?", ",\"previous_response_id\":\"" + first + "\""));
      client.eventsTo("response.completed");
      assertThat(lastPrompt()).isEqualTo("user: Hiassistant: Hello, worlduser: And?assistant: ");
    }
    try (SocketClient another = open()) {
      another.send(create("Or?", ",\"previous_response_id\":\"" + first + "\""));
      another.eventsTo("response.completed");
      assertThat(lastPrompt()).isEqualTo("user: Hiassistant: Hello, worlduser: Or?assistant: ");
    }
    try (SocketClient stranger = SocketClient.open(server.caller.port, OTHER_KEY)) {
      stranger.send(create("Hm?", ",\"previous_response_id\":\"" + first + "\""));
      JsonNode error = stranger.event();
      assertThat(error.path("type").asText()).isEqualTo("error");
      assertThat(error.path("status").asInt()).isEqualTo(404);
      assertThat(error.at("/error/code").asText()).isEqualTo("previous_response_not_found");
      assertThat(error.at("/error/param").asText()).isEqualTo("previous_response_id");
    }
  }

  @Test
  void aTurnThatIsNotStoredCanBeContinuedOnItsOwnSocketAlone() throws Exception {
    String id;
    try (SocketClient client = open()) {
      client.send(create("Hi", ",\"store\":false"));
      id = id(client.eventsTo("response.completed"));
      client.send(create("And?", ",\"previous_response_id\":\"" + id + "\""));
      client.eventsTo("response.completed");
      assertThat(lastPrompt()).contains("Hello, world");
    }
    try (SocketClient another = open()) {
      another.send(create("Or?", ",\"previous_response_id\":\"" + id + "\""));
      assertThat(another.event().path("status").asInt()).isEqualTo(404);
    }
  }

  @Test
  void turnsOfDifferentStreamsRunAtOnceUpToALimit() throws Exception {
    try (SocketClient client = open()) {
      for (String stream : List.of("a", "b", "c")) {
        client.send(create("endless", ",\"stream_id\":\"" + stream + "\""));
      }
      client.send(create("endless", ",\"stream_id\":\"d\""));
      client.send(create("Hi", ",\"stream_id\":\"a\""));
      Set<String> spoke = new java.util.HashSet<>();
      List<JsonNode> errors = new java.util.ArrayList<>();
      while (spoke.size() < 3 || errors.size() < 2) {
        JsonNode event = client.event();
        if (event.path("type").asText().equals("error")) {
          errors.add(event);
        } else if (event.path("type").asText().equals("response.output_text.delta")) {
          spoke.add(event.path("stream_id").asText());
        }
      }
      assertThat(spoke).containsExactlyInAnyOrder("a", "b", "c");
      assertThat(errors.getFirst().path("stream_id").asText()).isEqualTo("d");
      assertThat(errors.getFirst().path("status").asInt()).isEqualTo(429);
      assertThat(errors.getLast().path("stream_id").asText()).isEqualTo("a");
      assertThat(errors.getLast().path("status").asInt()).isEqualTo(409);
      assertThat(errors.stream().map(error -> error.path("sequence_number").asInt()))
          .containsExactly(0, 1);
    }
    Await.until(() -> server.script().active + " active", () -> server.script().active.get() == 0);
  }

  /** Whoever has the last event may go on, however fast it is. */
  @Test
  void theNextTurnMayFollowTheLastEventAtOnce() throws Exception {
    try (SocketClient client = open()) {
      for (int turn = 0; turn < 1000; turn++) {
        client.send(create(turn % 2 == 0 ? "refuse" : "Hi", ""));
        JsonNode last = client.event();
        while (!last.path("type").asText().matches("error|response\\.(completed|failed)")) {
          last = client.event();
        }
        assertThat(last.path("type").asText()).as("turn %d: %s", turn, last).isNotEqualTo("error");
      }
    }
  }

  @Test
  void aTurnThatFailsSaysSoAndTheSocketGoesOn() throws Exception {
    try (SocketClient client = open()) {
      client.send(create("break", ""));
      List<JsonNode> events = client.eventsTo("response.failed");
      JsonNode response = events.getLast().path("response");
      assertThat(response.path("status").asText()).isEqualTo("failed");
      assertThat(response.at("/error/message").asText()).contains("device lost");
      assertThat(events.getLast().path("sequence_number").asInt()).isEqualTo(events.size() - 1);
      client.send(create("refuse", ""));
      JsonNode refused = client.eventsTo("response.failed").getLast();
      assertThat(refused.at("/response/error/code").asText()).isEqualTo("queue_full");
      client.send(create("Hi", ""));
      assertThat(client.eventsTo("response.completed")).hasSize(11);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          400 | invalid_json | {
          400 | invalid_json | []
          400 | invalid_json | {"type":"response.create","type":"x"}
          400 | missing_required_parameter | {}
          400 | invalid_value | {"type":7}
          400 | unsupported_parameter | {"type":"session.update"}
          400 | missing_required_parameter | {"type":"response.create"}
          400 | invalid_value | {"type":"response.create","input":""}
          400 | invalid_value | {"type":"response.create","input":[]}
          400 | invalid_value | {"type":"response.create","input":"a","stream_id":7}
          400 | unsupported_parameter | {"type":"response.create","input":"a","tools":[{"type":"x"}]}
          400 | invalid_value | {"type":"response.create","input":"a","temperature":9}
          404 | model_not_found | {"type":"response.create","input":"a","model":"gpt"}
          404 | previous_response_not_found | {"type":"response.create","input":"a","previous_response_id":"resp_x"}
          404 | response_not_found | {"type":"response.cancel","response_id":"resp_x"}
          404 | response_not_found | {"type":"response.cancel","stream_id":"x"}
          """)
  void aBadMessageGetsAnErrorAndTheSocketGoesOn(int status, String code, String message)
      throws Exception {
    try (SocketClient client = open()) {
      client.send(message);
      JsonNode error = client.event();
      assertThat(error.path("type").asText()).isEqualTo("error");
      assertThat(error.path("status").asInt()).isEqualTo(status);
      assertThat(error.at("/error/code").asText()).isEqualTo(code);
      assertThat(error.path("sequence_number").asInt()).isZero();
      client.send(create("Hi", ""));
      assertThat(client.eventsTo("response.completed")).hasSize(11);
    }
  }
}
