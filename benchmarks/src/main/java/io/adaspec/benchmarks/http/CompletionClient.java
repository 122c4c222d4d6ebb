package io.adaspec.benchmarks.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.adaspec.runtime.time.NanoClock;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Iterator;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Streams completions from one server, one at a time. */
final class CompletionClient {
  private static final String DATA = "data: ";

  private final JsonMapper json = new JsonMapper();
  private final HttpClient http = HttpClient.newHttpClient();
  private final NanoClock clock = NanoClock.system();
  private final URI completions;
  private final String model;

  CompletionClient(URI server, String model) {
    this.completions = server.resolve("/v1/completions");
    this.model = model;
  }

  /**
   * One streamed answer.
   *
   * @param text all of it
   * @param tokens output tokens
   * @param nanos from the arrival of the first token to that of the last
   * @param draftTokens tokens drafted for it
   * @param acceptedTokens of these
   */
  record Streamed(String text, int tokens, long nanos, int draftTokens, int acceptedTokens) {}

  /**
   * Streams one answer of exactly {@code outputTokens} tokens.
   *
   * @throws IllegalStateException if the server refuses, or ends the stream early
   */
  Streamed stream(String prompt, int outputTokens, double temperature, long seed)
      throws IOException, InterruptedException {
    Map<String, Object> body =
        Map.of(
            "model", model,
            "prompt", prompt,
            "max_tokens", outputTokens,
            "temperature", temperature,
            "seed", seed,
            "ignore_eos", true,
            "stream", true,
            "stream_options", Map.of("include_usage", true));
    HttpRequest request =
        HttpRequest.newBuilder(completions)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json.writeValueAsString(body)))
            .build();
    HttpResponse<Stream<String>> answer = http.send(request, HttpResponse.BodyHandlers.ofLines());
    try (Stream<String> lines = answer.body()) {
      if (answer.statusCode() != 200) {
        throw new IllegalStateException(
            "the server answers "
                + answer.statusCode()
                + ": "
                + lines.collect(Collectors.joining(" ")));
      }
      return read(lines.iterator(), outputTokens);
    }
  }

  private Streamed read(Iterator<String> lines, int outputTokens) throws IOException {
    StringBuilder text = new StringBuilder();
    long first = 0;
    long last = 0;
    while (lines.hasNext()) {
      String line = lines.next();
      if (line.startsWith(DATA + "{")) {
        JsonNode event = json.readTree(line.substring(DATA.length()));
        String piece = event.path("choices").path(0).path("text").asText();
        if (!piece.isEmpty()) {
          last = clock.nanoTime();
          first = text.isEmpty() ? last : first;
          text.append(piece);
        }
        JsonNode usage = event.path("usage");
        if (usage.path("completion_tokens").asInt() == outputTokens) {
          JsonNode speculation = usage.path("speculation");
          return new Streamed(
              text.toString(),
              outputTokens,
              last - first,
              speculation.path("draft_tokens").asInt(),
              speculation.path("accepted_tokens").asInt());
        }
      }
    }
    throw new IllegalStateException(
        "the stream ended before "
            + outputTokens
            + " tokens; does prompt and output fit the model's context?");
  }
}
