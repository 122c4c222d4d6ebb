package io.adaspec.api.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.adaspec.actors.EngineModel;
import io.adaspec.actors.TokenEvent;
import io.adaspec.api.AdaSpecServer;
import io.adaspec.api.RunningServer;
import io.adaspec.api.ServerSettings;
import io.adaspec.api.metrics.EngineMetrics;
import io.adaspec.api.openai.ServedModel;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.text.ChatTemplate;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.stream.javadsl.Source;

/** A real server on a free port over a scripted engine, with a plain HTTP client. */
final class TestServer implements AutoCloseable {
  static final ObjectMapper JSON = new ObjectMapper();
  static final int CONTEXT = 4096;
  static final String MODEL = "letters";

  final ActorSystem<?> system =
      ActorSystem.create(
          Behaviors.empty(),
          "http-test",
          com.typesafe.config.ConfigFactory.parseString("pekko.loglevel = WARNING")
              .withFallback(com.typesafe.config.ConfigFactory.load()));
  final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  final ScriptedEngine engine;
  final RunningServer running;

  TestServer(
      Function<InferenceRequest, Source<TokenEvent, NotUsed>> script, ServerSettings settings)
      throws Exception {
    EngineModel model = new EngineModel(MODEL, new LetterTokenizer(), CONTEXT);
    engine = new ScriptedEngine(system, model, script);
    running =
        AdaSpecServer.start(
                system,
                engine,
                new ServedModel(model, Optional.of(template()), 1_700_000_000),
                settings.withAddress("127.0.0.1", 0),
                new EngineMetrics(MODEL))
            .toCompletableFuture()
            .get(10, TimeUnit.SECONDS);
  }

  TestServer(Function<InferenceRequest, Source<TokenEvent, NotUsed>> script) throws Exception {
    this(script, ServerSettings.defaults());
  }

  /** {@code <turn>role: content} for every message. */
  static ChatTemplate template() {
    return (messages, addGenerationPrompt, extras) -> {
      StringBuilder text = new StringBuilder();
      messages.forEach(
          each ->
              text.append("<turn>")
                  .append(each.get("role"))
                  .append(": ")
                  .append(each.get("content")));
      return addGenerationPrompt ? text.append("<turn>assistant: ").toString() : text.toString();
    };
  }

  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + running.address().getPort() + path);
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(uri(path)).timeout(Duration.ofSeconds(20));
  }

  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return client.send(request(path).build(), HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> post(String path, String json) throws IOException, InterruptedException {
    return client.send(
        request(path)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** The data of every server-sent event. */
  List<String> events(String path, String json) throws IOException, InterruptedException {
    return post(path, json)
        .body()
        .lines()
        .filter(line -> line.startsWith("data: "))
        .map(line -> line.substring("data: ".length()))
        .toList();
  }

  static JsonNode json(HttpResponse<String> response) throws IOException {
    return JSON.readTree(response.body());
  }

  @Override
  public void close() {
    client.close();
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
  }
}
