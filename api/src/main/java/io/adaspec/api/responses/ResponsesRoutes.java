package io.adaspec.api.responses;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adaspec.api.http.Answers;
import io.adaspec.api.http.Bodies;
import io.adaspec.api.http.Exchange;
import io.adaspec.api.http.Failures;
import io.adaspec.api.http.JsonFields;
import io.adaspec.api.http.Route;
import io.adaspec.api.http.Sse;
import io.adaspec.api.openai.ChoiceEvent;
import io.adaspec.api.openai.ChoiceResult;
import io.adaspec.api.openai.Generations;
import io.adaspec.runtime.request.FinishReason;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.japi.pf.PFBuilder;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/** {@code POST /v1/responses}, whole or streamed, and the upgrade of {@code GET} to a WebSocket. */
public final class ResponsesRoutes {
  private final ResponseTurns turns;
  private final Generations generations;
  private final ResponsesSocket socket;
  private final Bodies bodies;
  private final Duration pingInterval;

  ResponsesRoutes(
      ResponseTurns turns,
      Generations generations,
      ResponsesSocket socket,
      Bodies bodies,
      Duration pingInterval) {
    this.turns = turns;
    this.generations = generations;
    this.socket = socket;
    this.bodies = bodies;
    this.pingInterval = pingInterval;
  }

  public List<Route> routes() {
    return List.of(
        Route.of("POST", "/v1/responses", this::post),
        Route.of("GET", "/v1/responses", socket::upgrade));
  }

  private CompletionStage<HttpResponse> post(Exchange exchange) {
    return bodies.json(
        exchange.request(),
        body -> {
          ResponsesRequest request = turns.read(JsonFields.of(body), exchange);
          ResponseTurn turn = turns.prepare(request, exchange, Optional.empty());
          return request.stream() ? stream(turn, exchange) : whole(turn, exchange);
        });
  }

  private CompletionStage<HttpResponse> stream(ResponseTurn turn, Exchange exchange) {
    return generations.stream(List.of(turn.inference()), exchange)
        .thenApply(
            events ->
                Answers.events(
                    encode(turn, exchange, events), pingInterval, exchange.connection()));
  }

  private Source<ByteString, NotUsed> encode(
      ResponseTurn turn, Exchange exchange, Source<ChoiceEvent, NotUsed> source) {
    ResponseEvents events =
        new ResponseEvents(
            turn, output -> turns.finished(turn, output, exchange, Optional.empty()));
    return source
        .map(event -> events.encode(event.event()))
        .recover(
            new PFBuilder<Throwable, List<ObjectNode>>()
                .matchAny(failure -> List.of(events.failed(Failures.toError(failure))))
                .build())
        .mapConcat(encoded -> encoded)
        .prepend(Source.from(events.created()))
        .map(event -> Sse.event(event.get("type").asText(), event));
  }

  private CompletionStage<HttpResponse> whole(ResponseTurn turn, Exchange exchange) {
    return generations.answered(
        List.of(turn.inference()),
        exchange,
        results -> {
          ChoiceResult result = results.getFirst();
          turns.finished(turn, result.text(), exchange, Optional.empty());
          return Answers.json(object(turn, result));
        });
  }

  private static ObjectNode object(ResponseTurn turn, ChoiceResult result) {
    ResponseObject response = new ResponseObject(turn);
    return result.reason() == FinishReason.STOP
        ? response.completed(result.text(), result.summary())
        : response.incomplete(
            ResponseEvents.incompleteReason(result.reason()), result.text(), result.summary());
  }
}
