package io.adaspec.api.responses;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adaspec.api.http.ApiError;
import io.adaspec.api.http.Json;
import io.adaspec.api.http.Stages;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.ws.Message;
import org.apache.pekko.http.javadsl.model.ws.TextMessage;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.OverflowStrategy;
import org.apache.pekko.stream.UniqueKillSwitch;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.MergeHub;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.javadsl.SourceQueueWithComplete;
import scala.concurrent.duration.FiniteDuration;

/**
 * The way out of one WebSocket. Every turn is a stream of its own into it, so that a client that
 * does not read holds back its turns and nobody else's; events that belong to no turn have a small
 * queue beside them. Thread-safe.
 */
final class SocketOutput {
  private static final int HUB_BUFFER = 2;
  private static final int QUEUE = 16;
  private static final int OFFERS = 8;
  private static final FiniteDuration FORCE_CLOSE = FiniteDuration.create(2, TimeUnit.SECONDS);

  /** Passes through the way out behind everything sent before, and ends it. */
  private static final Message END = TextMessage.create("");

  private final Materializer materializer;
  private final Sink<Message, NotUsed> hub;
  private final Source<Message, NotUsed> messages;
  private final UniqueKillSwitch end;
  private final SourceQueueWithComplete<Message> own;
  private final AtomicInteger ownEvents = new AtomicInteger();
  private volatile Optional<CloseReason> closing = Optional.empty();

  SocketOutput(Materializer materializer) {
    this.materializer = materializer;
    Pair<Pair<Sink<Message, NotUsed>, UniqueKillSwitch>, Source<Message, NotUsed>> out =
        MergeHub.of(Message.class, HUB_BUFFER)
            .takeWhile(message -> !isEnd(message))
            .viaMat(KillSwitches.single(), Keep.both())
            .preMaterialize(materializer);
    this.hub = out.first().first();
    this.end = out.first().second();
    this.messages = out.second();
    this.own =
        Source.<Message>queue(QUEUE, OverflowStrategy.backpressure(), OFFERS)
            .to(hub)
            .run(materializer);
  }

  /** Where a turn sends its events. */
  Sink<Message, NotUsed> turn() {
    return hub;
  }

  /** Everything that goes to the client. */
  Source<Message, NotUsed> messages() {
    return messages;
  }

  /** Sends an event that belongs to no turn; these count their sequence numbers by themselves. */
  CompletionStage<Object> send(String type, ObjectNode fields) {
    ObjectNode event =
        Json.object().put("type", type).put("sequence_number", ownEvents.getAndIncrement());
    event.setAll(fields);
    return Stages.direct(own.offer(TextMessage.create(Json.text(event))))
        .thenApply(result -> result);
  }

  /** Sends an error that belongs to no turn. */
  CompletionStage<Object> sendError(Optional<String> streamId, ApiError error) {
    ObjectNode fields = Json.object().put("status", error.status());
    streamId.ifPresent(id -> fields.put("stream_id", id));
    error
        .retryAfter()
        .map(Duration::toMillis)
        .ifPresent(wait -> fields.put("retry_after_ms", wait));
    fields.set("error", error.toJson());
    return send("error", fields);
  }

  /** Closes once everything sent before has gone out; soon, even if the client does not read. */
  synchronized void close(CloseReason reason) {
    if (closing.isEmpty()) {
      closing = Optional.of(reason);
      var _ = own.offer(END);
      var _ = materializer.scheduleOnce(FORCE_CLOSE, end::shutdown);
    }
  }

  /** Why the server closes the socket; empty while it does not. */
  Optional<CloseReason> closeReason() {
    return closing;
  }

  /** The client has gone. */
  void stop() {
    end.shutdown();
    own.complete();
  }

  /** The mark is one object; a client's text may well be equal to it. */
  @SuppressWarnings("ReferenceEquality")
  private static boolean isEnd(Message message) {
    return message == END;
  }
}
