package io.adaspec.benchmarks.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A server in a process of its own, ready once it is made; closing it ends the process. */
final class ServerProcess implements AutoCloseable {
  private static final int STOP_SECONDS = 20;

  private final Process process;
  private final URI address;
  private final String model;

  private ServerProcess(Process process, URI address, String model) {
    this.process = process;
    this.address = address;
    this.model = model;
  }

  /**
   * Starts a server on a free port and waits until it says that it serves.
   *
   * @param launcher what starts AdaSpec
   * @param options of {@code serve}, without port and form of output
   * @throws IllegalStateException if it ends instead
   */
  static ServerProcess start(String launcher, List<String> options) throws IOException {
    List<String> command = new ArrayList<>(List.of(launcher, "serve", "--port", "0", "--json"));
    command.addAll(options);
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    boolean ready = false;
    try {
      BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.startsWith("{")) {
          JsonNode announced = new JsonMapper().readTree(line);
          ready = true;
          return new ServerProcess(
              process,
              URI.create(announced.path("url").asText()),
              announced.path("model").asText());
        }
      }
      throw new IllegalStateException(
          "the server ended before it was ready: " + String.join(" ", command));
    } finally {
      if (!ready) {
        process.destroyForcibly();
      }
    }
  }

  CompletionClient client() {
    return new CompletionClient(address, model);
  }

  /** Asks the server to stop and waits for it. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
