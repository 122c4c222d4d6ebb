package io.adaspec.api.server;

import com.typesafe.config.ConfigFactory;
import io.adaspec.actors.Engine;
import io.adaspec.actors.EngineModel;
import io.adaspec.actors.TokenEvent;
import io.adaspec.api.AdaSpecServer;
import io.adaspec.api.RunningServer;
import io.adaspec.api.ServerSettings;
import io.adaspec.api.metrics.EngineMetrics;
import io.adaspec.api.openai.ServedModel;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.SamplingDefaults;
import io.adaspec.runtime.text.ChatTemplate;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.stream.javadsl.Source;

/** A real server on a free port in an actor system of its own, with a plain HTTP client. */
final class TestServer implements AutoCloseable {
  static final int CONTEXT = 4096;
  static final String MODEL = "letters";

  final ActorSystem<?> system;
  final Engine engine;
  final RunningServer running;

  /** What the makers of the served model recommend. */
  static final SamplingDefaults SAMPLING = new SamplingDefaults(0.75f, 20, 0.875f, 0.125f, 1.125f);

  final Caller caller;

  /** Starts the engine of a test. */
  @FunctionalInterface
  interface EngineStart {
    Engine in(ActorSystem<?> system, EngineMetrics metrics);
  }

  private TestServer(
      ActorSystem<?> system,
      Optional<ChatTemplate> template,
      ServerSettings settings,
      EngineStart start)
      throws Exception {
    this.system = system;
    EngineMetrics metrics = new EngineMetrics(MODEL);
    engine = start.in(system, metrics);
    running =
        AdaSpecServer.start(
                system,
                engine,
                new ServedModel(engine.model(), template, SAMPLING, 1_700_000_000),
                settings.withAddress("127.0.0.1", 0),
                metrics)
            .toCompletableFuture()
            .get(10, TimeUnit.SECONDS);
    caller = new Caller(running.address().getPort());
  }

  /** Over an engine that does what the test says. */
  static TestServer scripted(
      Function<InferenceRequest, Source<TokenEvent, NotUsed>> script, ServerSettings settings)
      throws Exception {
    return new TestServer(
        system(""),
        Optional.of(template()),
        settings,
        (system, metrics) -> new ScriptedEngine(system, letters(), script));
  }

  static TestServer scripted(Function<InferenceRequest, Source<TokenEvent, NotUsed>> script)
      throws Exception {
    return scripted(script, ServerSettings.defaults());
  }

  /**
   * Over a real engine.
   *
   * @param config settings of the actor system besides the defaults
   */
  static TestServer real(
      String config, Optional<ChatTemplate> template, ServerSettings settings, EngineStart start)
      throws Exception {
    return new TestServer(system(config), template, settings, start);
  }

  private static ActorSystem<?> system(String config) {
    return ActorSystem.create(
        Behaviors.empty(),
        "http-test",
        ConfigFactory.parseString(config)
            .withFallback(ConfigFactory.parseString("pekko.loglevel = WARNING"))
            .withFallback(ConfigFactory.load()));
  }

  /** A model over {@link LetterTokenizer}. */
  static EngineModel letters() {
    return new EngineModel(MODEL, new LetterTokenizer(), CONTEXT);
  }

  /**
   * {@code <turn>role: content} for every message, {@code <turn>name=value} for other variables.
   */
  static ChatTemplate template() {
    return (messages, addGenerationPrompt, extras) -> {
      StringBuilder text = new StringBuilder();
      messages.forEach(
          each ->
              text.append("<turn>")
                  .append(each.get("role"))
                  .append(": ")
                  .append(each.get("content")));
      new TreeMap<>(extras)
          .forEach((name, value) -> text.append("<turn>").append(name + "=" + value));
      return addGenerationPrompt ? text.append("<turn>assistant: ").toString() : text.toString();
    };
  }

  ScriptedEngine script() {
    return (ScriptedEngine) engine;
  }

  @Override
  public void close() {
    caller.close();
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
  }
}
