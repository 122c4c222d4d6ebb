package io.adaspec.api.openai;

import io.adaspec.actors.Engine;
import io.adaspec.actors.Generation;
import io.adaspec.actors.TokenEvent;
import io.adaspec.api.http.Allowance;
import io.adaspec.api.http.ApiException;
import io.adaspec.api.http.Connection;
import io.adaspec.api.http.Exchange;
import io.adaspec.api.http.Probes;
import io.adaspec.api.http.Stages;
import io.adaspec.runtime.request.InferenceRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.ActorAttributes;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.StreamSubscriptionTimeoutTerminationMode;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Merge;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/**
 * Runs the requests of one exchange on the engine; all of them end when their client disconnects.
 */
public final class Generations {
  /** An answer waits as long as the one before it on its connection takes. */
  private static final Attributes NO_HURRY =
      ActorAttributes.streamSubscriptionTimeout(
          Duration.ofSeconds(5), StreamSubscriptionTimeoutTerminationMode.noop());

  private final Engine engine;
  private final Materializer materializer;
  private final Duration patience;

  /**
   * Runs requests on an engine.
   *
   * @param patience how long the head of an answer waits for the first event, so that a refusal
   *     gets its status code
   */
  public Generations(Engine engine, Materializer materializer, Duration patience) {
    this.engine = engine;
    this.materializer = materializer;
    this.patience = patience;
  }

  /** The answer from all outputs, once they are complete. */
  public CompletionStage<HttpResponse> answered(
      List<InferenceRequest> requests,
      Exchange exchange,
      Function<List<ChoiceResult>, HttpResponse> answer) {
    return Probes.json(
        collect(requests, exchange).thenApply(answer), exchange.connection(), materializer);
  }

  private CompletionStage<List<ChoiceResult>> collect(
      List<InferenceRequest> requests, Exchange exchange) {
    Collected collected = new Collected(requests.size());
    return Stages.direct(
            cancellable(requests, exchange).runWith(Sink.foreach(collected::add), materializer))
        .thenApply(done -> collected.results());
  }

  /**
   * The events of all outputs as they come. The stage completes with the first event, or after a
   * while without one; it fails if the engine fails before that.
   */
  public CompletionStage<Source<ChoiceEvent, NotUsed>> stream(
      List<InferenceRequest> requests, Exchange exchange) {
    CompletableFuture<Source<ChoiceEvent, NotUsed>> started =
        Stages.direct(
                cancellable(requests, exchange)
                    .prefixAndTail(1)
                    .addAttributes(NO_HURRY)
                    .toMat(Sink.head(), Keep.right())
                    .run(materializer))
            .thenApply(Generations::rejoined);
    return started
        .copy()
        .completeOnTimeout(
            Source.completionStageSource(started)
                .mapMaterializedValue(ignored -> NotUsed.getInstance()),
            patience.toNanos(),
            TimeUnit.NANOSECONDS);
  }

  private static Source<ChoiceEvent, NotUsed> rejoined(
      Pair<List<ChoiceEvent>, Source<ChoiceEvent, NotUsed>> split) {
    return Source.from(split.first()).concat(split.second());
  }

  /**
   * One request's events, for callers that cancel by themselves; to be run at once.
   *
   * @throws ApiException if the key has too many requests already
   */
  public Source<TokenEvent, Generation> single(InferenceRequest request, Allowance allowance) {
    Allowance.Places places = allowance.take(1);
    return engine
        .generate(request)
        .watchTermination(
            (generation, done) -> {
              Stages.whenOver(done, places::free);
              return generation;
            });
  }

  private Source<ChoiceEvent, List<Generation>> merged(List<InferenceRequest> requests) {
    List<Source<ChoiceEvent, Generation>> sources = new ArrayList<>();
    for (int i = 0; i < requests.size(); i++) {
      int index = i;
      sources.add(engine.generate(requests.get(i)).map(event -> new ChoiceEvent(index, event)));
    }
    return sources.size() == 1
        ? sources.getFirst().mapMaterializedValue(List::of)
        : Source.combine(sources, Merge::create);
  }

  /** Places are held until the last output is made, not just until its head is sent. */
  private Source<ChoiceEvent, NotUsed> cancellable(
      List<InferenceRequest> requests, Exchange exchange) {
    Allowance.Places places = exchange.allowance().take(requests.size());
    return merged(requests)
        .watchTermination(
            (generations, done) -> {
              Connection.Registration registration =
                  exchange
                      .connection()
                      .onClose(
                          () -> {
                            generations.forEach(Generation::cancel);
                            places.free();
                          });
              Stages.whenOver(
                  done,
                  () -> {
                    registration.done();
                    places.free();
                  });
              return NotUsed.getInstance();
            });
  }

  /** Collects texts by output. Used by one stream, whose stages happen one after the other. */
  private static final class Collected {
    private final List<StringBuilder> texts = new ArrayList<>();
    private final List<TokenEvent.Finished> ends = new ArrayList<>();
    private final int[] order;

    Collected(int outputs) {
      order = new int[outputs];
      for (int i = 0; i < outputs; i++) {
        texts.add(new StringBuilder());
      }
    }

    void add(ChoiceEvent event) {
      switch (event.event()) {
        case TokenEvent.Tokens tokens -> texts.get(event.index()).append(tokens.text());
        case TokenEvent.Finished finished -> {
          order[event.index()] = ends.size();
          ends.add(finished);
        }
      }
    }

    List<ChoiceResult> results() {
      List<ChoiceResult> results = new ArrayList<>();
      for (int i = 0; i < texts.size(); i++) {
        TokenEvent.Finished end = ends.get(order[i]);
        results.add(new ChoiceResult(texts.get(i).toString(), end.reason(), end.summary()));
      }
      return List.copyOf(results);
    }
  }
}
