package io.adaspec.api.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.adaspec.actors.EngineStatus;
import io.adaspec.api.ServerSettings;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A client that does not read holds back its own sequence and nothing else. Buffers on both sides
 * are shrunk: those of the system hide a stall behind thousands of tokens.
 */
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class SlowReaderTest {
  private static final int TOKENS = 3000;
  private static final int FAST_TOKENS = 400;
  private static final int RECEIVE_BYTES = 2048;
  private static final String SMALL_BUFFERS =
      "pekko.http.server.socket-options.so-send-buffer-size = 4096\n";

  /** How a stream reaches its client. */
  enum Transport {
    EVENTS {
      @Override
      Reader ask(int port, int receiveBytes, int tokens) throws IOException {
        RawConnection connection = new RawConnection(port, receiveBytes);
        connection.post("/v1/completions", "{\"stream\":true,\"prompt\":\"Hi\"," + limit(tokens));
        return new Reader() {
          @Override
          public Ending read() throws IOException {
            assertThat(connection.head().status()).isEqualTo(200);
            StringBuilder text = new StringBuilder();
            for (String event = connection.chunk(); ; event = connection.chunk()) {
              JsonNode data = Caller.parse(event.substring("data: ".length()));
              text.append(data.at("/choices/0/text").asText());
              JsonNode reason = data.at("/choices/0/finish_reason");
              if (data.has("error") || reason.isTextual()) {
                return new Ending(text.toString(), data.at("/error/code").asText(""));
              }
            }
          }

          @Override
          public void close() throws IOException {
            connection.close();
          }
        };
      }
    },

    WEB_SOCKET {
      @Override
      Reader ask(int port, int receiveBytes, int tokens) throws IOException {
        SocketClient client = SocketClient.open(port, receiveBytes);
        client.send(
            "{\"type\":\"response.create\",\"input\":\"Hi\","
                + limit(tokens).replace("max_tokens", "max_output_tokens"));
        return new Reader() {
          @Override
          public Ending read() throws IOException {
            StringBuilder text = new StringBuilder();
            for (JsonNode event = client.event(); ; event = client.event()) {
              text.append(event.path("delta").asText());
              if (event.path("type").asText().matches("response\\.(incomplete|failed)")) {
                return new Ending(text.toString(), event.at("/response/error/code").asText(""));
              }
            }
          }

          @Override
          public void close() throws IOException {
            client.close();
          }
        };
      }
    };

    abstract Reader ask(int port, int receiveBytes, int tokens) throws IOException;

    private static String limit(int tokens) {
      return "\"temperature\":0,\"ignore_eos\":true,\"max_tokens\":" + tokens + "}";
    }
  }

  /** The client's side of a stream. */
  interface Reader extends AutoCloseable {
    /** Reads to the end of the answer. */
    Ending read() throws IOException;

    @Override
    void close() throws IOException;
  }

  /**
   * What came of a stream.
   *
   * @param error code of its error; empty for a regular end
   */
  record Ending(String text, String error) {}

  private static EngineServer server(String stallTimeout) throws Exception {
    return new EngineServer(
        GatedDevice.open().opener(),
        ServerSettings.defaults(),
        SMALL_BUFFERS + "adaspec.streams.stall-timeout = " + stallTimeout);
  }

  private static String whole(Transport transport, EngineServer server, int tokens)
      throws IOException {
    try (Reader reader = transport.ask(server.caller.port, 0, tokens)) {
      return reader.read().text();
    }
  }

  /** Three at once that read all the time, each with the text that it has alone. */
  private static void fastOnesLoseNothing(Transport transport, EngineServer server, String text)
      throws Exception {
    try (ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> fast =
          readers.invokeAll(
              Collections.nCopies(3, () -> whole(transport, server, FAST_TOKENS)),
              30,
              TimeUnit.SECONDS);
      for (Future<String> each : fast) {
        assertThat(each.get()).isEqualTo(text);
      }
    }
  }

  private static int usedBlocks(EngineStatus status) {
    return status.devices().stream().mapToInt(EngineStatus.DeviceStatus::usedKvBlocks).sum();
  }

  @ParameterizedTest
  @EnumSource
  void aSequencePausesWithItsReaderAndGoesOnWhereItWas(Transport transport) throws Exception {
    try (EngineServer server = server("60s")) {
      String text = whole(transport, server, TOKENS);
      String fast = whole(transport, server, FAST_TOKENS);
      server.awaitIdle();
      try (Reader slow = transport.ask(server.caller.port, RECEIVE_BYTES, TOKENS)) {
        server.await(status -> status.paused() == 1);
        // Meanwhile the buffers on the way fill up, and from then on nothing moves.
        int held;
        double generated;
        int rounds = 0;
        do {
          assertThat(rounds++).as("rounds in which the slow one still moved").isLessThan(20);
          held = usedBlocks(server.status());
          generated = server.metric("adaspec_generation_tokens_total", "");
          fastOnesLoseNothing(transport, server, fast);
          server.await(status -> status.running() == 1 && status.paused() == 1);
        } while (usedBlocks(server.status()) != held
            || server.metric("adaspec_generation_tokens_total", "") != generated + 3 * FAST_TOKENS);
        assertThat(held).isPositive();
        assertThat(slow.read()).isEqualTo(new Ending(text, ""));
      }
      assertThat(server.metric("adaspec_streams_resumed_total", "")).isPositive();
      assertThat(server.metric("adaspec_num_preemptions_total", "")).isZero();
      server.awaitIdle();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aReaderThatStandsStillForTooLongIsGivenUpWithTheReason(Transport transport)
      throws Exception {
    try (EngineServer server = server("1s")) {
      String text = whole(transport, server, TOKENS);
      String fast = whole(transport, server, FAST_TOKENS);
      try (Reader slow = transport.ask(server.caller.port, RECEIVE_BYTES, TOKENS)) {
        server.await(status -> status.paused() == 1);
        fastOnesLoseNothing(transport, server, fast);
        server.awaitMetric("adaspec_requests_total", "finished_reason=\"slow_consumer\"", 1);
        server.awaitIdle();

        Ending ending = slow.read();
        assertThat(ending.error()).isEqualTo("slow_consumer");
        assertThat(text).startsWith(ending.text()).hasSizeGreaterThan(ending.text().length());
        assertThat(ending.text()).isNotEmpty();
      }
    }
  }
}
