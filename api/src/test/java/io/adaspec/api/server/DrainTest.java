package io.adaspec.api.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.api.ServerSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server that stops sends what it has begun, and closes connections in good order. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class DrainTest {
  private static final int TOKENS = 400;

  private GatedDevice device;
  private EngineServer server;

  @BeforeEach
  void start() throws Exception {
    device = GatedDevice.closed();
    server = new EngineServer(device.opener());
  }

  @AfterEach
  void end() {
    device.allowAll();
    server.close();
  }

  private CompletableFuture<Done> stop() {
    return server.server.running.stop().toCompletableFuture();
  }

  private RawConnection ask(int receiveBytes, boolean stream) throws IOException {
    RawConnection connection = new RawConnection(server.caller.port, receiveBytes);
    connection.post(
        "/v1/completions",
        "{\"prompt\":\"Hi\",\"ignore_eos\":true,\"max_tokens\":"
            + TOKENS
            + ",\"stream\":"
            + stream
            + "}");
    return connection;
  }

  /** Reading to the end fails if the connection is reset instead of closed. */
  @ParameterizedTest
  @ValueSource(ints = {0, 4096})
  void aStreamUnderWayIsSentToItsEnd(int receiveBytes) throws Exception {
    try (RawConnection connection = ask(receiveBytes, true)) {
      device.allow(3);
      assertThat(connection.head().status()).isEqualTo(200);
      assertThat(connection.chunk()).startsWith("data: {");
      CompletableFuture<Done> stopped = stop();
      assertThat(stopped).isNotDone();
      device.allowAll();
      assertThat(connection.rest()).contains("data: [DONE]").endsWith("\r\n0\r\n\r\n");
      stopped.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void anAnswerUnderWayIsSentWhole() throws Exception {
    try (RawConnection connection = ask(0, false)) {
      device.allow(3);
      Await.until(() -> device.begun + " steps", () -> device.begun.get() == 4);
      CompletableFuture<Done> stopped = stop();
      device.allowAll();
      RawConnection.Head head = connection.head();
      assertThat(head.status()).isEqualTo(200);
      assertThat(connection.body(head)).contains("\"completion_tokens\":" + TOKENS);
      assertThat(connection.rest()).isEmpty();
      stopped.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void aConnectionThatAsksForNothingIsClosedAtOnce() throws Exception {
    try (RawConnection connection = new RawConnection(server.caller.port)) {
      connection.write("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertThat(connection.body(connection.head())).isNotEmpty();
      CompletableFuture<Done> stopped = stop();
      assertThat(connection.rest()).isEmpty();
      stopped.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void theFirstRequestOfAConnectionMayBeOnItsWay() throws Exception {
    device.allowAll();
    try (RawConnection connection = new RawConnection(server.caller.port)) {
      connection.write("GET /health/live HTTP/1.1\r\n");
      CompletableFuture<Done> stopped = stop();
      connection.write("Host: localhost\r\n\r\n");
      assertThat(connection.head().status()).isEqualTo(200);
      stopped.get(10, TimeUnit.SECONDS);
    }
  }

  /** A full server leaves them in the queue of the listening port, which goes with the port. */
  @Test
  void connectionsThatWaitToBeTakenAreAnswered() throws Exception {
    GatedDevice gate = GatedDevice.closed();
    try (EngineServer full = new EngineServer(gate.opener(), oneConnection(), "")) {
      List<RawConnection> clients = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        RawConnection client = new RawConnection(full.caller.port);
        client.post(
            "/v1/completions",
            "{\"prompt\":\"Hi\",\"ignore_eos\":true,\"max_tokens\":3}",
            "Connection: close");
        clients.add(client);
      }
      CompletableFuture<Done> stopped = full.server.running.stop().toCompletableFuture();
      gate.allowAll();
      for (RawConnection client : clients) {
        assertThat(client.head().status()).isEqualTo(200);
        client.close();
      }
      stopped.get(10, TimeUnit.SECONDS);
    }
  }

  private static ServerSettings oneConnection() {
    ServerSettings.ConnectionLimits usual = ServerSettings.defaults().connections();
    return ServerSettings.defaults()
        .withConnections(
            new ServerSettings.ConnectionLimits(
                1,
                usual.maxBodyBytes(),
                usual.maxBodiesBytes(),
                usual.bodyTimeout(),
                usual.requestTimeout(),
                usual.idleTimeout(),
                usual.maxHeaderBytes(),
                usual.maxHeaders()));
  }
}
