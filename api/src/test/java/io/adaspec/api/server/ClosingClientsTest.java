package io.adaspec.api.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Clients that say with each request that it is their last, as those without a pool do. They send
 * head and body apart, as Python's {@code urllib} does.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ClosingClientsTest {
  private static final int CLIENTS = 6;
  private static final int REQUESTS = 8;

  /** The outputs have different lengths, so requests end and begin amid those of others. */
  private static List<Integer> askedAndGot(int port, int client) throws Exception {
    List<Integer> differences = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      int tokens = 16 + (client * 37 + i * 23) % 80;
      String fields = "\"ignore_eos\":true,\"temperature\":0.8,\"max_tokens\":" + tokens;
      try (RawConnection connection = new RawConnection(port)) {
        String body = "{\"prompt\":\"Hi\"," + fields + "}";
        connection.begin("Connection: close", "Content-Length: " + body.length());
        connection.write(body);
        RawConnection.Head head = connection.head();
        assertThat(head.status()).isEqualTo(200);
        JsonNode answer = new ObjectMapper().readTree(body(connection, head));
        assertThat(answer.at("/choices/0/finish_reason").asText()).isEqualTo("length");
        differences.add(answer.at("/usage/completion_tokens").asInt() - tokens);
      }
    }
    return differences;
  }

  /** An answer that takes its time comes in chunks. */
  private static String body(RawConnection connection, RawConnection.Head head) throws Exception {
    if (head.headers().containsKey("content-length")) {
      return connection.body(head);
    }
    StringBuilder body = new StringBuilder();
    for (String chunk = connection.chunk(); !chunk.isEmpty(); chunk = connection.chunk()) {
      body.append(chunk);
    }
    return body.toString();
  }

  @Test
  void manyAtOnceGetTheirWholeAnswers() throws Exception {
    try (EngineServer server = new EngineServer(GatedDevice.open().opener());
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<List<Integer>>> calls = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        int client = i;
        calls.add(() -> askedAndGot(server.caller.port, client));
      }
      for (Future<List<Integer>> client : clients.invokeAll(calls)) {
        assertThat(client.get()).hasSize(REQUESTS).containsOnly(0);
      }
      server.awaitIdle();
    }
  }
}
