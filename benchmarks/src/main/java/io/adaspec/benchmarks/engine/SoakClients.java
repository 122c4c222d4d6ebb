package io.adaspec.benchmarks.engine;

import io.adaspec.actors.Engine;
import io.adaspec.actors.EngineProtocol.Delivered;
import io.adaspec.actors.EngineProtocol.Delivery;
import io.adaspec.actors.EngineProtocol.Demand;
import io.adaspec.actors.EngineProtocol.Failed;
import io.adaspec.actors.EngineProtocol.Generate;
import io.adaspec.actors.EngineProtocol.Refused;
import io.adaspec.actors.EngineProtocol.Started;
import io.adaspec.actors.Generation;
import io.adaspec.actors.TokenEvent;
import io.adaspec.runtime.request.InferenceRequest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/** Clients of every temper. Thread-safe. */
final class SoakClients {
  private static final int SLOW_EVENTS_PER_SECOND = 100;

  /** A stalled client of a request that has ended meanwhile is of no interest to the engine. */
  private static final Duration STALL = Duration.ofSeconds(5);

  /** What a client does with its stream. */
  enum Temper {
    /** Takes all as it comes. */
    READS,
    /** Takes all, slowly. */
    DAWDLES,
    /** Says that it has enough. */
    CANCELS,
    /** Closes its stream without a word. */
    LEAVES,
    /** Takes one event and no more. */
    STALLS,
    /** Is an actor that dies. */
    DIES
  }

  private final ActorSystem<?> system;
  private final Engine engine;
  private final AtomicLong names = new AtomicLong();

  SoakClients(ActorSystem<?> system, Engine engine) {
    this.system = system;
    this.engine = engine;
  }

  /**
   * Sends a request and does with it what its temper says.
   *
   * @param events after so many a client that does not stay goes
   * @return the text that was taken; fails as the stream does
   */
  CompletionStage<String> send(InferenceRequest request, Temper temper, int events) {
    Source<TokenEvent, Generation> stream = engine.generate(request);
    return switch (temper) {
      case READS -> text(stream);
      case DAWDLES -> text(stream.throttle(SLOW_EVENTS_PER_SECOND, Duration.ofSeconds(1)));
      case LEAVES -> text(stream.take(events));
      case CANCELS -> cancel(stream, events);
      case STALLS ->
          text(
              stream
                  .mapAsync(1, event -> new CompletableFuture<TokenEvent>())
                  .completionTimeout(STALL));
      case DIES -> die(request, events);
    };
  }

  private CompletionStage<String> text(Source<TokenEvent, ?> stream) {
    return stream
        .collectType(TokenEvent.Tokens.class)
        .runFold(new StringBuilder(), (text, event) -> text.append(event.text()), system)
        .thenApply(StringBuilder::toString);
  }

  private CompletionStage<String> cancel(Source<TokenEvent, Generation> stream, int events) {
    CompletableFuture<Generation> handle = new CompletableFuture<>();
    AtomicLong seen = new AtomicLong();
    Pair<Generation, CompletionStage<Done>> run =
        stream
            .toMat(
                Sink.foreach(
                    event -> {
                      if (seen.incrementAndGet() == events) {
                        var _ = handle.thenAccept(Generation::cancel);
                      }
                    }),
                Keep.both())
            .run(system);
    handle.complete(run.first());
    return run.second().thenApply(done -> "");
  }

  private CompletionStage<String> die(InferenceRequest request, int events) {
    CompletableFuture<String> gone = new CompletableFuture<>();
    system.systemActorOf(
        mortal(request, events, gone), "mortal-" + names.incrementAndGet(), Props.empty());
    return gone;
  }

  private Behavior<Delivery> mortal(
      InferenceRequest request, int events, CompletableFuture<String> gone) {
    return Behaviors.setup(
        context -> {
          engine.requests().tell(new Generate(request, context.getSelf(), 0));
          return Behaviors.receive(Delivery.class)
              .onMessage(
                  Started.class,
                  started -> {
                    started.control().tell(new Demand(events));
                    return Behaviors.same();
                  })
              .onMessage(
                  Delivered.class,
                  delivered ->
                      delivered.sequenceNumber() == events
                              || delivered.event() instanceof TokenEvent.Finished
                          ? end(gone)
                          : Behaviors.same())
              .onMessage(Refused.class, refused -> end(gone))
              .onMessage(Failed.class, failed -> end(gone))
              .build();
        });
  }

  private static Behavior<Delivery> end(CompletableFuture<String> gone) {
    gone.complete("");
    return Behaviors.stopped();
  }
}
