package io.adaspec.api.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.device.DeviceProvider;
import io.adaspec.runtime.model.TinyModels;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Signals to a real process. */
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class StopSignalTest {
  /** An answer of minutes: steps of 0.2 seconds. */
  private static final String SLOW = "sim:tiny,realtime,slowdown=200";

  /** In the text of the metrics. */
  private static final Pattern WAITS =
      Pattern.compile("adaspec_num_requests_waiting\\{[^}]*} 1\\.0");

  @TempDir private Path folder = Path.of("");
  private String model = "";

  @BeforeEach
  void writeModel() throws IOException {
    model = TinyModels.writeLlama(folder).toString();
  }

  @Test
  void aSignalEndsAServerThatStillLoads() throws Exception {
    Path services = Files.createDirectories(folder.resolve("META-INF").resolve("services"));
    Files.writeString(
        services.resolve(DeviceProvider.class.getName()), StuckDeviceProvider.class.getName());
    try (ServedProcess server = ServedProcess.of(folder, "--model", model, "--device", "stuck")) {
      server.awaitOutput(StuckDeviceProvider.OPENING);
      server.terminate();
      assertThat(server.awaitEnd()).isZero();
    }
  }

  @Test
  void requestsThatWaitForALoadingServerAreToldToComeBack() throws Exception {
    Path services = Files.createDirectories(folder.resolve("META-INF").resolve("services"));
    Files.writeString(
        services.resolve(DeviceProvider.class.getName()), StuckDeviceProvider.class.getName());
    int port = freePort();
    String url = "http://127.0.0.1:" + port;
    try (ServedProcess server =
            ServedProcess.at(port, folder, "--model", model, "--device", "stuck");
        HttpClient client = HttpClient.newHttpClient()) {
      server.awaitOutput(StuckDeviceProvider.OPENING);
      awaitPort(port);
      CompletableFuture<HttpResponse<String>> answer =
          client.sendAsync(
              request(url, "{\"prompt\":\"abc\",\"max_tokens\":3}"),
              HttpResponse.BodyHandlers.ofString());
      while (!WAITS.matcher(metrics(client, url)).find()) {
        Thread.onSpinWait();
      }
      server.terminate();
      assertThat(answer.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(503);
      assertThat(answer.get().headers().firstValue("retry-after")).isPresent();
      assertThat(server.awaitEnd()).isZero();
    }
  }

  private static String metrics(HttpClient client, String url) throws Exception {
    return client
        .send(
            HttpRequest.newBuilder(URI.create(url + "/metrics")).build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static void awaitPort(int port) {
    boolean open = false;
    while (!open) {
      try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
        open = true;
      } catch (IOException notYet) {
        Thread.onSpinWait();
      }
    }
  }

  private static HttpRequest request(String url, String body) {
    return HttpRequest.newBuilder(URI.create(url + "/v1/completions"))
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }

  @Test
  void theSecondSignalDoesNotWaitForRunningAnswers() throws Exception {
    try (ServedProcess server = ServedProcess.of(folder, "--model", model, "--device", SLOW)) {
      String line = server.awaitOutput("serving ");
      try (HttpClient client = HttpClient.newHttpClient();
          BufferedReader answer = stream(client, line.substring(line.indexOf("http")))) {
        assertThat(answer.readLine()).startsWith("data: {");
        server.terminate();
        assertThat(server.awaitError("adaspec: stopping")).contains("another signal");
        server.terminate();
        assertThat(server.awaitEnd()).isEqualTo(Main.FAILURE);
        client.shutdownNow();
      }
    }
  }

  private static BufferedReader stream(HttpClient client, String url) throws Exception {
    HttpRequest request =
        request(
            url, "{\"prompt\":\"abc\",\"max_tokens\":1000,\"ignore_eos\":true,\"stream\":true}");
    return new BufferedReader(
        new InputStreamReader(
            client.send(request, HttpResponse.BodyHandlers.ofInputStream()).body(),
            StandardCharsets.UTF_8));
  }
}
