package io.adaspec.api.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A client that goes takes its request with it: no step is computed after the one that runs. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class DisconnectTest {
  private static final String STREAMED =
      "{\"prompt\":\"Hi\",\"max_tokens\":2000,\"stream\":true,\"ignore_eos\":true}";
  private static final String WHOLE =
      "{\"prompt\":\"Hi\",\"max_tokens\":2000,\"n\":2,\"ignore_eos\":true}";
  private static final String TURN =
      "{\"type\":\"response.create\",\"input\":\"Hi\",\"max_output_tokens\":2000,\"ignore_eos\":true}";
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

  /** How a client leaves. */
  enum Leaving {
    CLOSE {
      @Override
      void from(RawConnection connection) throws IOException {
        connection.close();
      }
    },
    RESET {
      @Override
      void from(RawConnection connection) throws IOException {
        connection.reset();
      }
    };

    abstract void from(RawConnection connection) throws IOException;
  }

  /** While a step is running the client goes; when the step is done, nothing else happens. */
  private void leavesDuringAStep(RawConnection connection, Leaving leaving, int requests)
      throws IOException {
    double aborted = server.metric("adaspec_requests_total", "abort");
    int running = device.begun.get();
    leaving.from(connection);
    server.awaitMetric("adaspec_requests_total", "abort", aborted + requests);
    device.allow(1);
    server.awaitIdle();
    assertThat(device.begun.get()).isEqualTo(running);
  }

  private void awaitStep(int number) {
    Await.until(() -> device.begun + " steps", () -> device.begun.get() == number);
  }

  @ParameterizedTest
  @EnumSource
  void aStreamEndsWithItsConnection(Leaving leaving) throws Exception {
    int before = device.begun.get();
    RawConnection connection = new RawConnection(server.caller.port);
    connection.post("/v1/completions", STREAMED);
    device.allow(3);
    assertThat(connection.head().status()).isEqualTo(200);
    assertThat(connection.chunk()).startsWith("data: {");
    awaitStep(before + 4);
    leavesDuringAStep(connection, leaving, 1);
  }

  @ParameterizedTest
  @EnumSource
  void aStreamEndsBeforeItsFirstToken(Leaving leaving) throws Exception {
    int before = device.begun.get();
    RawConnection connection = new RawConnection(server.caller.port);
    connection.post("/v1/completions", STREAMED);
    awaitStep(before + 1);
    leavesDuringAStep(connection, leaving, 1);
  }

  @ParameterizedTest
  @EnumSource
  void anAnswerThatIsNotStreamedEndsToo(Leaving leaving) throws Exception {
    int before = device.begun.get();
    RawConnection connection = new RawConnection(server.caller.port);
    connection.post("/v1/completions", WHOLE);
    device.allow(3);
    awaitStep(before + 4);
    leavesDuringAStep(connection, leaving, 2);
  }

  @ParameterizedTest
  @EnumSource
  void aTurnEndsWithItsWebSocket(Leaving leaving) throws Exception {
    int before = device.begun.get();
    SocketClient client = SocketClient.open(server.caller.port);
    client.send(TURN);
    device.allow(3);
    client.eventsTo("response.output_text.delta");
    awaitStep(before + 4);
    leavesDuringAStep(client.connection, leaving, 1);
  }

  @Test
  void aClosingHandshakeEndsEveryTurn() throws Exception {
    int before = device.begun.get();
    try (SocketClient client = SocketClient.open(server.caller.port)) {
      client.send(TURN.replace("{\"type\"", "{\"stream_id\":\"a\",\"type\""));
      device.allow(2);
      client.eventsTo("response.output_text.delta");
      awaitStep(before + 3);
      double aborted = server.metric("adaspec_requests_total", "abort");
      client.send(true, SocketClient.CLOSE, new byte[] {3, (byte) 0xe8});
      assertThat(client.closeFrame().closeCode()).isEqualTo(1000);
      server.awaitMetric("adaspec_requests_total", "abort", aborted + 1);
      device.allow(1);
      server.awaitIdle();
      assertThat(device.begun.get()).isEqualTo(before + 3);
    }
  }

  @Test
  void aClientThatWillSendNothingMoreStillGetsItsAnswer() throws Exception {
    try (RawConnection connection = new RawConnection(server.caller.port)) {
      connection.post(
          "/v1/completions",
          "{\"prompt\":\"Hi\",\"max_tokens\":5,\"ignore_eos\":true}",
          "Connection: close");
      device.allow(5);
      RawConnection.Head head = connection.head();
      assertThat(head.status()).isEqualTo(200);
      assertThat(connection.body(head)).contains("\"finish_reason\":\"length\"");
    }
    try (RawConnection connection = new RawConnection(server.caller.port)) {
      connection.post(
          "/v1/completions",
          "{\"prompt\":\"Hi\",\"max_tokens\":5,\"stream\":true}",
          "Connection: close");
      device.allow(5);
      assertThat(connection.rest()).contains("data: [DONE]");
    }
    server.awaitIdle();
  }
}
