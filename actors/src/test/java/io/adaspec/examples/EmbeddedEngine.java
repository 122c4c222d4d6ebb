package io.adaspec.examples;

import io.adaspec.actors.DeviceOpener;
import io.adaspec.actors.Engine;
import io.adaspec.actors.EngineModel;
import io.adaspec.actors.Generation;
import io.adaspec.actors.GenerationSummary;
import io.adaspec.actors.TokenEvent;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.TokenIds;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;

/**
 * An application that hosts the engine in its own actor system: it starts the engine, streams the
 * answer to a prompt, and stops the engine when it needs it no more.
 */
final class EmbeddedEngine {
  private final ActorSystem<?> system;
  private final Engine engine;

  /** Starts the engine next to whatever else the application's actor system does. */
  EmbeddedEngine(ActorSystem<?> system, EngineModel model, DeviceOpener device) {
    this.system = system;
    this.engine = Engine.builder(model).device(device).start(system);
  }

  /** Hands the answer to {@code onText} as it comes, no faster than {@code onText} takes it. */
  CompletionStage<GenerationSummary> answer(String id, String prompt, Consumer<String> onText) {
    int[] tokens = engine.model().tokenizer().encode(prompt, true, false);
    InferenceRequest request =
        InferenceRequest.builder(id, TokenIds.of(tokens), 32, engine.clock().nanoTime()).build();
    return engine
        .generate(request)
        .collectType(TokenEvent.Tokens.class)
        .toMat(Sink.foreach(event -> onText.accept(event.text())), Keep.both())
        .mapMaterializedValue(EmbeddedEngine::summaryAfterText)
        .run(system);
  }

  private static CompletionStage<GenerationSummary> summaryAfterText(
      Pair<Generation, CompletionStage<Done>> run) {
    return run.second().thenCompose(done -> run.first().completion());
  }

  /** Lets running answers finish and frees the devices; the actor system runs on. */
  CompletionStage<Done> stop() {
    return engine.stop();
  }
}
