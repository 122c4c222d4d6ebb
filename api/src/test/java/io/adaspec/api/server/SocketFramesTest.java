package io.adaspec.api.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.adaspec.api.ServerSettings;
import io.adaspec.api.responses.SocketLimits;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Upgrades, frames, pings, limits and close codes of the WebSocket. */
class SocketFramesTest {
  private static final String CREATE = "{\"type\":\"response.create\",\"input\":\"Hi\"}";
  private static final int MAX_MESSAGE = 2000;

  /** Each test starts one that fits it. */
  @SuppressWarnings("NullAway.Init")
  private TestServer server;

  @AfterEach
  void stop() {
    server.close();
  }

  private void start(Duration ping, Duration lifetime, String... keys) throws Exception {
    server =
        TestServer.scripted(
            request ->
                request.maxOutputTokens() == 77
                    ? ScriptedEngine.babbling(Duration.ofMillis(5)).apply(request)
                    : ScriptedEngine.saying("Hello").apply(request),
            ServerSettings.defaults()
                .withApiKeys(List.of(keys))
                .withSockets(
                    new SocketLimits(
                        4,
                        MAX_MESSAGE,
                        ping,
                        lifetime,
                        Duration.ofMillis(300),
                        Set.of("https://friend.example"))));
  }

  private void start() throws Exception {
    start(Duration.ofSeconds(15), Duration.ofMinutes(60));
  }

  private SocketClient open(String... headers) throws Exception {
    return SocketClient.open(server.caller.port, headers);
  }

  private int statusOfUpgrade(String... headers) throws Exception {
    try (SocketClient client = SocketClient.ask(server.caller.port, 0, headers)) {
      return client.head.status();
    }
  }

  @Test
  void anUpgradeNeedsAKeyInAHeaderOrASubProtocol() throws Exception {
    start(Duration.ofSeconds(15), Duration.ofMinutes(60), "secret");
    assertThat(statusOfUpgrade()).isEqualTo(401);
    assertThat(statusOfUpgrade("Authorization: Bearer wrong")).isEqualTo(401);
    assertThat(statusOfUpgrade("Authorization: Bearer secret")).isEqualTo(101);
    String protocols = "Sec-WebSocket-Protocol: responses, openai-insecure-api-key.";
    assertThat(statusOfUpgrade(protocols + "wrong")).isEqualTo(401);
    try (SocketClient browser = open(protocols + "secret")) {
      assertThat(browser.head.headers()).containsEntry("sec-websocket-protocol", "responses");
      browser.send(CREATE);
      assertThat(browser.eventsTo("response.completed")).isNotEmpty();
    }
  }

  @Test
  void pagesOfOtherOriginsMayNotConnect() throws Exception {
    start();
    assertThat(statusOfUpgrade("Origin: https://evil.example")).isEqualTo(403);
    assertThat(statusOfUpgrade("Origin: null")).isEqualTo(403);
    assertThat(statusOfUpgrade("Origin: https://friend.example")).isEqualTo(101);
    assertThat(statusOfUpgrade("Origin: http://localhost:" + server.caller.port)).isEqualTo(101);
    assertThat(server.caller.get("/v1/responses").statusCode()).isEqualTo(426);
  }

  @Test
  void aMessageMayComeInPieces() throws Exception {
    start();
    byte[] message = CREATE.getBytes(StandardCharsets.UTF_8);
    try (SocketClient client = open()) {
      client.send(false, SocketClient.TEXT, new byte[0]);
      for (int i = 0; i < message.length; i++) {
        client.send(false, SocketClient.CONTINUATION, new byte[] {message[i]});
      }
      client.send(true, SocketClient.PING, new byte[] {7});
      client.send(true, SocketClient.CONTINUATION, new byte[0]);
      SocketClient.Frame pong = client.frame();
      assertThat(pong.opcode()).isEqualTo(SocketClient.PONG);
      assertThat(pong.payload()).containsExactly(7);
      assertThat(client.eventsTo("response.completed")).isNotEmpty();
    }
  }

  @Test
  void aMessageThatIsTooLargeClosesTheSocket() throws Exception {
    start();
    byte[] half = "a".repeat(MAX_MESSAGE / 2 + 1).getBytes(StandardCharsets.UTF_8);
    try (SocketClient whole = open();
        SocketClient pieces = open()) {
      whole.send("a".repeat(MAX_MESSAGE + 1));
      assertThat(whole.closeFrame().closeCode()).isEqualTo(1009);
      pieces.send(false, SocketClient.TEXT, half);
      pieces.send(false, SocketClient.CONTINUATION, half);
      assertThat(pieces.closeFrame().closeCode()).isEqualTo(1009);
      assertThat(pieces.connection.ended()).isTrue();
    }
  }

  @Test
  void whatIsNoTextMessageClosesTheSocket() throws Exception {
    start();
    try (SocketClient client = open()) {
      client.send(true, SocketClient.BINARY, new byte[] {1, 2, 3});
      assertThat(client.closeFrame().closeCode()).isEqualTo(1008);
    }
    try (SocketClient client = open()) {
      client.send(true, SocketClient.TEXT, new byte[] {(byte) 0xff, (byte) 0xfe});
      assertThat(client.closeFrame().closeCode()).isEqualTo(1007);
    }
    try (SocketClient client = open()) {
      client.send(true, 5, new byte[] {1});
      assertThat(client.closeFrame().closeCode()).isEqualTo(1002);
    }
    try (SocketClient client = open()) {
      client.connection.write(new byte[] {(byte) 0x81, 1, 'a'});
      assertThat(client.closeFrame().closeCode()).isEqualTo(1002);
    }
  }

  @Test
  void aMessageThatTricklesClosesTheSocket() throws Exception {
    start();
    try (SocketClient client = open()) {
      client.send(false, SocketClient.TEXT, new byte[] {'{'});
      SocketClient.Frame close = client.closeFrame();
      assertThat(close.closeCode()).isEqualTo(1008);
      assertThat(close.text()).contains("too long");
    }
  }

  @Test
  void silentClientsArePingedAndDroppedWhenTheyDoNotAnswer() throws Exception {
    start(Duration.ofMillis(400), Duration.ofMinutes(60));
    try (SocketClient lively = open();
        SocketClient dead = open()) {
      dead.ignorePings();
      for (int i = 0; i < 6; i++) {
        assertThat(lively.frame().opcode()).isEqualTo(SocketClient.PING);
      }
      lively.send(CREATE);
      assertThat(lively.eventsTo("response.completed")).isNotEmpty();
      assertThat(dead.frame().opcode()).isEqualTo(SocketClient.PING);
      assertThat(dead.connection.ended()).isTrue();
    }
  }

  @Test
  void aConnectionHasALimitedLife() throws Exception {
    start(Duration.ofSeconds(15), Duration.ofMillis(300));
    try (SocketClient client = open()) {
      JsonNode error = client.event();
      assertThat(error.at("/error/code").asText()).isEqualTo("websocket_connection_limit_reached");
      assertThat(client.closeFrame().closeCode()).isEqualTo(1008);
    }
  }

  @Test
  void aServerThatStopsLetsTurnsFinishAndTakesNoNewOnes() throws Exception {
    start();
    try (SocketClient idle = open();
        SocketClient busy = open()) {
      busy.send("{\"type\":\"response.create\",\"input\":\"Hi\",\"max_output_tokens\":77}");
      busy.eventsTo("response.output_text.delta");
      var stopped = server.running.stop();
      assertThat(idle.event().path("type").asText()).isEqualTo("server.draining");
      assertThat(idle.closeFrame().closeCode()).isEqualTo(1012);
      busy.eventsTo("server.draining");
      busy.send("{\"type\":\"response.create\",\"stream_id\":\"b\",\"input\":\"Hi\"}");
      JsonNode refused = busy.eventsTo("error").getLast();
      assertThat(refused.at("/error/code").asText()).isEqualTo("shutting_down");
      busy.send("{\"type\":\"response.cancel\"}");
      assertThat(busy.closeFrame().closeCode()).isEqualTo(1012);
      assertThat(stopped.toCompletableFuture()).succeedsWithin(Duration.ofSeconds(10));
    }
  }
}
