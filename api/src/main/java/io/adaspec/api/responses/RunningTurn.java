package io.adaspec.api.responses;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adaspec.actors.Generation;
import io.adaspec.actors.TokenEvent;
import io.adaspec.api.http.Failures;
import io.adaspec.api.http.Json;
import io.adaspec.api.http.Stages;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.ws.Message;
import org.apache.pekko.http.javadsl.model.ws.TextMessage;
import org.apache.pekko.japi.pf.PFBuilder;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/** One turn on a WebSocket. */
final class RunningTurn {
  private final ResponseTurn turn;
  private final Optional<String> streamId;
  private final ResponseEvents events;
  private volatile Optional<Generation> generation = Optional.empty();
  private volatile boolean over;

  /**
   * Makes a turn ready to run.
   *
   * @param onOutput gets the whole text when it is complete
   */
  RunningTurn(ResponseTurn turn, Optional<String> streamId, Consumer<String> onOutput) {
    this.turn = turn;
    this.streamId = streamId;
    this.events = new ResponseEvents(turn, onOutput);
  }

  /**
   * Whether its last event is on its way. A client that has it may begin the next turn on the
   * stream at once, before the stage of {@link #run} tells that this one has ended.
   */
  boolean isOver() {
    return over;
  }

  String responseId() {
    return turn.id();
  }

  /**
   * Sends the turn's events into {@code out}; the stage completes when it is over. A failure
   * becomes an event before events are taken apart: it would overtake those that wait.
   */
  CompletionStage<Done> run(
      Source<TokenEvent, Generation> source,
      Sink<Message, NotUsed> out,
      Materializer materializer) {
    return Stages.direct(start(source, out, materializer));
  }

  private CompletionStage<Done> start(
      Source<TokenEvent, Generation> source,
      Sink<Message, NotUsed> out,
      Materializer materializer) {
    return source
        .mapMaterializedValue(
            started -> {
              generation = Optional.of(started);
              return NotUsed.getInstance();
            })
        .map(events::encode)
        .recover(
            new PFBuilder<Throwable, List<ObjectNode>>()
                .matchAny(failure -> List.of(events.failed(Failures.toError(failure))))
                .build())
        .mapConcat(encoded -> encoded)
        .prepend(Source.from(events.created()))
        .map(this::message)
        .watchTermination(Keep.right())
        .to(out)
        .run(materializer);
  }

  /** Ends the turn; its last event comes with the text up to here. */
  void cancel() {
    generation.ifPresent(Generation::cancel);
  }

  private Message message(ObjectNode event) {
    over = ResponseEvents.isLast(event);
    streamId.ifPresent(id -> event.put("stream_id", id));
    return TextMessage.create(Json.text(event));
  }
}
