package io.adaspec.api.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.api.ServerSettings;
import io.adaspec.api.ServerSettings.ConnectionLimits;
import io.adaspec.api.openai.GenerationLimits;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LimitsTest {
  private static final int BODY = 10_000;
  private TestServer server;

  @BeforeAll
  void start() throws Exception {
    server =
        TestServer.scripted(
            request ->
                request.maxOutputTokens() == 77
                    ? ScriptedEngine.babbling(Duration.ofMillis(1500)).apply(request)
                    : ScriptedEngine.saying("Hi").apply(request),
            ServerSettings.defaults()
                .withConnections(
                    new ConnectionLimits(
                        64,
                        BODY,
                        4 * BODY,
                        Duration.ofMillis(200),
                        Duration.ofMillis(700),
                        Duration.ofMinutes(1),
                        1024,
                        16))
                .withGeneration(new GenerationLimits(4, 100)));
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @Test
  void bodiesAreLimitedWhetherTheirLengthIsDeclaredOrNot() throws Exception {
    String large = "{\"prompt\":\"" + "a".repeat(BODY) + "\"}";
    HttpResponse<String> declared = server.caller.post("/v1/completions", large);
    assertThat(declared.statusCode()).isEqualTo(413);
    assertThat(Caller.json(declared).at("/error/code").asText()).isEqualTo("request_too_large");
    try (RawConnection connection = new RawConnection(server.caller.port)) {
      connection.begin("Transfer-Encoding: chunked");
      for (int sent = 0; sent <= BODY; sent += 1000) {
        connection.write("3e8\r\n" + "a".repeat(1000) + "\r\n");
      }
      assertThat(connection.head().status()).isEqualTo(413);
    }
  }

  @Test
  void aBodyOfGigabytesIsRefusedByItsDeclaredLength() throws Exception {
    try (RawConnection connection = new RawConnection(server.caller.port)) {
      connection.begin("Content-Length: 9000000000");
      RawConnection.Head head = connection.head();
      assertThat(head.status()).isEqualTo(413);
    }
  }

  @Test
  void aBodyThatTricklesIsGivenUp() throws Exception {
    try (RawConnection connection = new RawConnection(server.caller.port)) {
      connection.begin("Content-Length: 100");
      connection.write("{");
      RawConnection.Head head = connection.head();
      assertThat(head.status()).isEqualTo(400);
      assertThat(connection.body(head)).contains("body_timeout");
    }
  }

  @Test
  void aConnectionWithoutARequestIsClosedAndOneWithARequestIsNot() throws Exception {
    try (RawConnection silent = new RawConnection(server.caller.port);
        RawConnection trickling = new RawConnection(server.caller.port);
        RawConnection kept = new RawConnection(server.caller.port);
        RawConnection streaming = new RawConnection(server.caller.port)) {
      trickling.write("GET /v1/models HTTP/1.1\r\nHost: loc");
      streaming.post("/v1/completions", "{\"prompt\":\"a\",\"max_tokens\":77,\"stream\":true}");
      kept.post("/tokenize", "{\"prompt\":\"a\"}");
      kept.body(kept.head());
      assertThat(silent.ended()).isTrue();
      assertThat(trickling.ended()).isTrue();
      assertThat(kept.ended()).isTrue();
      assertThat(streaming.head().status()).isEqualTo(200);
      assertThat(streaming.chunk()).startsWith("data: ");
    }
  }

  @Test
  void headersAndPathsAreLimited() throws Exception {
    assertThat(server.caller.get("/v1/models", "X-Long", "a".repeat(2000)).statusCode())
        .isEqualTo(431);
    assertThat(server.caller.get("/v1/models/" + "a".repeat(3000)).statusCode()).isEqualTo(414);
    String[] headers = new String[60];
    for (int i = 0; i < headers.length; i += 2) {
      headers[i] = "X-Header-" + i;
      headers[i + 1] = "a";
    }
    assertThat(server.caller.get("/v1/models", headers).statusCode()).isIn(400, 431);
  }

  @Test
  void promptsAndOutputsAreLimited() throws Exception {
    HttpResponse<String> prompt =
        server.caller.post("/v1/completions", "{\"prompt\":\"" + "a".repeat(100) + "\"}");
    assertThat(prompt.statusCode()).isEqualTo(400);
    assertThat(Caller.json(prompt).at("/error/code").asText()).isEqualTo("context_length_exceeded");
    assertThat(Caller.json(prompt).at("/error/message").asText()).contains("101").contains("100");

    HttpResponse<String> choices =
        server.caller.post("/v1/completions", "{\"prompt\":\"a\",\"n\":5}");
    assertThat(choices.statusCode()).isEqualTo(400);
    assertThat(Caller.json(choices).at("/error/param").asText()).isEqualTo("n");

    HttpResponse<String> prompts =
        server.caller.post("/v1/completions", "{\"prompt\":[\"a\",\"b\",\"c\"],\"n\":2}");
    assertThat(prompts.statusCode()).isEqualTo(400);
    assertThat(Caller.json(prompts).at("/error/message").asText()).contains("6").contains("4");
  }

  @Test
  void nonsenseOnTheWireIsRefused() throws Exception {
    for (String nonsense :
        new String[] {
          "GARBAGE GARBAGE GARBAGE\r\n\r\n",
          "GET / HTTP/9.9\r\n\r\n",
          "GET /\u0001 HTTP/1.1\r\n\r\n"
        }) {
      try (RawConnection connection = new RawConnection(server.caller.port)) {
        connection.write(nonsense);
        assertThat(connection.head().status()).as(nonsense).isBetween(400, 505);
      }
    }
    assertThat(server.caller.get("/health/live").statusCode()).isEqualTo(200);
  }
}
