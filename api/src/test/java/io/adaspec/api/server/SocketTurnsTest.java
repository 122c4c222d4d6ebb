package io.adaspec.api.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** Turns over the real engine: cancelled ones keep their text, parallel ones do not mix. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SocketTurnsTest {
  private GatedDevice device;
  private EngineServer server;

  @BeforeAll
  void start() throws Exception {
    device = GatedDevice.closed();
    server = new EngineServer(device.opener());
  }

  @AfterAll
  void stop() {
    device.allowAll();
    server.close();
  }

  private static String create(String input, int tokens, String stream) {
    return "{\"type\":\"response.create\",\"temperature\":0,\"input\":\""
        + input
        + "\",\"max_output_tokens\":"
        + tokens
        + (stream.isEmpty() ? "" : ",\"stream_id\":\"" + stream + "\"")
        + "}";
  }

  private static String deltas(List<JsonNode> events) {
    return events.stream().map(event -> event.path("delta").asText()).collect(Collectors.joining());
  }

  @Test
  void aCancelledTurnEndsWithItsTextSoFar() throws Exception {
    try (SocketClient client = SocketClient.open(server.caller.port)) {
      int before = device.begun.get();
      client.send(create("Hi", 2000, ""));
      device.allow(4);
      Await.until(() -> device.begun + " steps", () -> device.begun.get() == before + 5);
      client.send("{\"type\":\"response.cancel\"}");
      List<JsonNode> events = client.eventsTo("response.incomplete");
      JsonNode response = events.getLast().path("response");
      assertThat(response.path("status").asText()).isEqualTo("incomplete");
      assertThat(response.at("/incomplete_details/reason").asText()).isEqualTo("cancelled");
      assertThat(response.at("/output/0/content/0/text").asText())
          .isEqualTo(deltas(events))
          .isNotEmpty();
      assertThat(response.at("/usage/output_tokens").asInt()).isEqualTo(4);
      device.allow(1);
      server.awaitIdle();
      assertThat(device.begun.get()).isEqualTo(before + 5);

      client.send(create("Again", 3, ""));
      device.allow(3);
      assertThat(
              client.eventsTo("response.incomplete").getLast().at("/response/incomplete_details"))
          .isEqualTo(Caller.parse("{\"reason\":\"max_output_tokens\"}"));
    }
  }

  @Test
  void parallelTurnsAreThoseThatRunAlone() throws Exception {
    try (SocketClient client = SocketClient.open(server.caller.port)) {
      device.allow(1000);
      client.send(create("left", 40, ""));
      String left = deltas(client.eventsTo("response.incomplete"));
      client.send(create("right", 40, ""));
      String right = deltas(client.eventsTo("response.incomplete"));

      client.send(create("left", 40, "L"));
      client.send(create("right", 40, "R"));
      List<JsonNode> events = client.eventsTo("response.incomplete");
      events.addAll(client.eventsTo("response.incomplete"));
      Map<String, List<JsonNode>> streams =
          events.stream().collect(Collectors.groupingBy(each -> each.path("stream_id").asText()));
      assertThat(streams).containsOnlyKeys("L", "R");
      assertThat(deltas(streams.getOrDefault("L", List.of()))).isEqualTo(left);
      assertThat(deltas(streams.getOrDefault("R", List.of()))).isEqualTo(right);
      streams
          .values()
          .forEach(
              stream -> {
                for (int i = 0; i < stream.size(); i++) {
                  assertThat(stream.get(i).path("sequence_number").asInt()).isEqualTo(i);
                }
              });
    }
  }
}
