package io.adaspec.benchmarks.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.adaspec.benchmarks.http.CompletionClient.Streamed;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import org.junit.jupiter.api.Test;

class CompletionClientTest {
  private static final String USAGE =
      """
      data: {"choices":[],"usage":{"completion_tokens":3,\
      "speculation":{"draft_tokens":4,"accepted_tokens":1,"steps":2}}}

      data: [DONE]

      """;

  @Test
  void addsUpTheTextAndReadsTheUsage() throws Exception {
    String stream = piece("Once") + piece("") + piece(" upon") + USAGE;
    Streamed streamed = answered(200, stream, 3);
    assertThat(streamed.text()).isEqualTo("Once upon");
    assertThat(streamed.tokens()).isEqualTo(3);
    assertThat(streamed.nanos()).isPositive();
    assertThat(streamed.draftTokens()).isEqualTo(4);
    assertThat(streamed.acceptedTokens()).isEqualTo(1);
  }

  @Test
  void refusesAnAnswerThatIsShorterThanAsked() {
    assertThatThrownBy(() -> answered(200, piece("Once") + USAGE, 4))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("before 4 tokens");
  }

  @Test
  void handsOnWhatTheServerRefused() {
    assertThatThrownBy(() -> answered(400, "{\"error\":\"no prompt\"}", 4))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("400")
        .hasMessageContaining("no prompt");
  }

  private static String piece(String text) {
    return "data: {\"choices\":[{\"text\":\"" + text + "\"}],\"usage\":null}\n\n";
  }

  private static Streamed answered(int status, String body, int outputTokens)
      throws IOException, InterruptedException {
    InetAddress here = InetAddress.getLoopbackAddress();
    HttpServer server = HttpServer.create(new InetSocketAddress(here, 0), 0);
    server.createContext(
        "/v1/completions",
        exchange -> {
          byte[] bytes = body.getBytes(UTF_8);
          exchange.getRequestBody().readAllBytes();
          exchange.sendResponseHeaders(status, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
    try {
      String address = "http://" + here.getHostAddress() + ":" + server.getAddress().getPort();
      return new CompletionClient(URI.create(address), "m").stream("p", outputTokens, 0, 1);
    } finally {
      server.stop(0);
    }
  }
}
