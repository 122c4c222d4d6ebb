package io.adaspec.api.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.adaspec.runtime.model.TinyModels;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServeCommandTest {
  private static final String BODY =
      "{\"model\":\"tiny\",\"prompt\":\"abc\",\"max_tokens\":5,\"ignore_eos\":true}";

  @TempDir private Path folder = Path.of("");

  @Test
  void answersAtThePrintedAddressAndEndsWithZeroWhenItIsStopped() throws Exception {
    String model = TinyModels.writeLlama(folder).toString();
    try (ServedRun run = ServedRun.of("--model", model, "--threads", "1")) {
      JsonNode answer = post(run.url() + "/v1/completions", BODY);
      assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(5);
      assertThat(run.stop()).isZero();
    }
  }

  @Test
  void servesASimulatedDeviceInTheModelsVocabulary() throws Exception {
    String model = TinyModels.writeLlama(folder).toString();
    try (ServedRun run = ServedRun.of("--model", model, "--device", "sim:tiny")) {
      JsonNode answer = post(run.url() + "/v1/completions", BODY);
      assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(5);
      assertThat(run.stop()).isZero();
    }
  }

  @Test
  void aPortInUseIsOneLineOfReason() throws IOException {
    String model = TinyModels.writeLlama(folder).toString();
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());
      CommandRun run = CommandRun.of("serve", "--model", model, "--port", port);
      assertThat(run.exitCode()).isEqualTo(Main.FAILURE);
      assertThat(run.err().lines()).hasSize(1);
      assertThat(run.err())
          .startsWith("adaspec: cannot listen on 127.0.0.1, port " + port)
          .contains("--port");
    }
  }

  @Test
  void aDeviceThatCannotBeOpenedEndsIt() throws IOException {
    String model = TinyModels.writeLlama(folder).toString();
    CommandRun run =
        CommandRun.of("serve", "--model", model, "--port", "0", "--device", "cpu:quantum");
    assertThat(run.exitCode()).isEqualTo(Main.FAILURE);
    assertThat(run.err()).contains("adaspec: cannot open device cpu:quantum", "known are cpu");
  }

  @Test
  void wrongValuesAreUsageErrors() throws IOException {
    String model = TinyModels.writeLlama(folder).toString();
    for (String[] wrong :
        new String[][] {
          {"--policy", "fixed:0"},
          {"--policy", "clever"},
          {"--port", "70000"},
          {"--port", "http"},
          {"--threads", "-1"},
          {"--kv-memory", "lots"},
          {"--device", "abacus"},
          {"--device", "sim:tiny,colour=3"},
          {"--device=sim:tiny", "--device=sim:tiny"}
        }) {
      CommandRun run = CommandRun.of("serve", "--model", model, wrong[0], wrong[1]);
      assertThat(run.exitCode()).as(String.join(" ", wrong)).isEqualTo(Main.USAGE);
      assertThat(run.err()).startsWith("adaspec: ").contains("serve --help");
    }
  }

  @Test
  void severalDevicesAreAllAwaited() throws Exception {
    String model = TinyModels.writeLlama(folder).toString();
    try (ServedRun run =
        ServedRun.of("--model", model, "--device", "sim:tiny", "--device", "sim:tiny,slowdown=1")) {
      assertThat(run.url()).startsWith("http");
    }
    CommandRun twice =
        CommandRun.of("serve", "--model", model, "--device", "cpu", "--device", "cpu");
    assertThat(twice.err()).startsWith("adaspec: --device cpu is given twice");
  }

  @Test
  void settingsComeFromAFile() throws Exception {
    String model = TinyModels.writeLlama(folder).toString();
    Path file = folder.resolve("small.conf");
    Files.writeString(
        file, "adaspec.policy.strategy = \"fixed:2\", adaspec.queue.max-requests = 3");
    try (ServedRun run = ServedRun.of("--model", model, "--config", file.toString())) {
      JsonNode answer = post(run.url() + "/v1/completions", BODY);
      assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(5);
    }
    Files.writeString(file, "adaspec.queue.max-request = 3");
    CommandRun misspelt = CommandRun.of("serve", "--model", model, "--config", file.toString());
    assertThat(misspelt.exitCode()).isEqualTo(Main.FAILURE);
    assertThat(misspelt.err()).contains("there is no setting adaspec.queue.max-request");
  }

  @Test
  void limitsOfTheServerComeFromTheFileToo() throws Exception {
    String model = TinyModels.writeLlama(folder).toString();
    Path file = folder.resolve("limits.conf");
    Files.writeString(file, "adaspec.server { max-prompt-tokens = 2, max-body-bytes = 1 KiB }");
    try (ServedRun run = ServedRun.of("--model", model, "--config", file.toString())) {
      HttpResponse<String> longPrompt = send(run.url() + "/v1/completions", BODY, "");
      assertThat(longPrompt.statusCode()).isEqualTo(400);
      assertThat(longPrompt.body()).contains("the longest prompt is 2");
      HttpResponse<String> longBody =
          send(run.url() + "/v1/completions", BODY + " ".repeat(1 << 10), "");
      assertThat(longBody.statusCode()).isEqualTo(413);
    }
    Files.writeString(file, "adaspec.server.max-choices = 0");
    CommandRun wrong = CommandRun.of("serve", "--model", model, "--config", file.toString());
    assertThat(wrong.exitCode()).isEqualTo(Main.FAILURE);
    assertThat(wrong.err())
        .contains("limits.conf", "adaspec.server.max-choices must be at least 1, not 0");
  }

  @Test
  void keysKeepStrangersOut() throws Exception {
    String model = TinyModels.writeLlama(folder).toString();
    try (ServedRun run = ServedRun.of("--model", model, "--api-keys", "first,second")) {
      assertThat(send(run.url() + "/v1/completions", BODY, "").statusCode()).isEqualTo(401);
      assertThat(send(run.url() + "/v1/completions", BODY, "second").statusCode()).isEqualTo(200);
    }
  }

  private static JsonNode post(String url, String body) throws Exception {
    HttpResponse<String> response = send(url, body, "");
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return new ObjectMapper().readTree(response.body());
  }

  private static HttpResponse<String> send(String url, String body, String key) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url))
            .timeout(Duration.ofSeconds(20))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body));
    if (!key.isEmpty()) {
      request.header("Authorization", "Bearer " + key);
    }
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
  }
}
