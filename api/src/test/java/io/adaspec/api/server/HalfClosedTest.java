package io.adaspec.api.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** A client that closes its half of the connection behind its request, as {@code nc -N} does. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class HalfClosedTest {
  private static final String PATH = "/v1/completions";
  private static final String FIELDS = "\"prompt\":\"Hi\",\"max_tokens\":5,\"ignore_eos\":true";
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

  private RawConnection asking(String path, String body) throws Exception {
    RawConnection connection = new RawConnection(server.caller.port);
    connection.post(path, body);
    connection.closeOutput();
    return connection;
  }

  @Test
  void getsAnAnswerThatTakesItsTime() throws Exception {
    try (RawConnection connection = asking(PATH, "{" + FIELDS + "}")) {
      assertThat(connection.head().status()).isEqualTo(200);
      device.allow(5);
      assertThat(connection.rest()).contains("\"finish_reason\":\"length\"");
    }
    server.awaitIdle();
  }

  @Test
  void getsAnAnswerOfTheResponsesProtocol() throws Exception {
    String body = "{\"input\":\"Hi\",\"max_output_tokens\":5,\"ignore_eos\":true}";
    try (RawConnection connection = asking("/v1/responses", body)) {
      assertThat(connection.head().status()).isEqualTo(200);
      device.allow(5);
      assertThat(connection.rest()).contains("\"status\":\"incomplete\"");
    }
    server.awaitIdle();
  }

  @Test
  void getsItsStreamToTheEnd() throws Exception {
    try (RawConnection connection = asking(PATH, "{\"stream\":true," + FIELDS + "}")) {
      device.allow(2);
      assertThat(connection.head().status()).isEqualTo(200);
      String chunk = connection.chunk();
      while (!chunk.startsWith(":")) {
        chunk = connection.chunk();
      }
      device.allow(3);
      assertThat(connection.rest()).contains("data: [DONE]");
    }
    server.awaitIdle();
  }

  @Test
  void isToldOfItsMistakesWithTheirStatus() throws Exception {
    try (RawConnection connection = asking(PATH, "{\"n\":-1," + FIELDS + "}")) {
      RawConnection.Head head = connection.head();
      assertThat(head.status()).isEqualTo(400);
      assertThat(connection.body(head)).contains("\"param\":\"n\"");
    }
  }
}
