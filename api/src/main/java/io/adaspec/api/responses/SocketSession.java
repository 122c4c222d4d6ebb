package io.adaspec.api.responses;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adaspec.api.http.ApiError;
import io.adaspec.api.http.ApiException;
import io.adaspec.api.http.Exchange;
import io.adaspec.api.http.Failures;
import io.adaspec.api.http.Json;
import io.adaspec.api.http.JsonFields;
import io.adaspec.api.openai.Generations;
import io.adaspec.runtime.time.NanoClock;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.http.javadsl.model.ws.Message;
import org.apache.pekko.http.javadsl.model.ws.TextMessage;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.OverflowStrategy;
import org.apache.pekko.stream.StreamLimitReachedException;
import org.apache.pekko.stream.UniqueKillSwitch;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.MergeHub;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.javadsl.SourceQueueWithComplete;
import scala.concurrent.duration.FiniteDuration;

/**
 * One open WebSocket: its turns, each a stream of its own into the common way out, so that a socket
 * whose client does not read holds back its own turns and no others.
 */
final class SocketSession {
  private static final int HUB_BUFFER = 2;
  private static final int CONTROL_BUFFER = 16;
  private static final int CONTROL_OFFERS = 8;
  private static final int LOCAL_TURNS = 8;
  private static final long LOCAL_CHARACTERS = 1 << 20;
  private static final Duration FORCE_CLOSE = Duration.ofSeconds(2);

  /** Passes through the way out behind everything sent before, and ends it. */
  private static final Message END = TextMessage.create("");

  /**
   * What all sessions use.
   *
   * @param workers where messages are parsed and tokenized
   */
  record Factory(
      ResponseTurns turns,
      Generations generations,
      SocketLimits limits,
      NanoClock clock,
      Executor workers,
      Materializer materializer) {

    SocketSession open(Exchange exchange, Consumer<SocketSession> onClosed) {
      return new SocketSession(this, exchange, onClosed);
    }
  }

  private final Factory shared;
  private final Exchange exchange;
  private final Consumer<SocketSession> onClosed;
  private final ResponseStore local;
  private final Map<String, RunningTurn> running = new ConcurrentHashMap<>();
  private final AtomicInteger ownEvents = new AtomicInteger();
  private final Sink<Message, NotUsed> hub;
  private final Source<Message, NotUsed> outgoing;
  private final UniqueKillSwitch end;
  private final SourceQueueWithComplete<Message> control;
  private final Cancellable lifetime;
  private volatile boolean draining;
  private volatile Optional<CloseReason> closing = Optional.empty();

  private SocketSession(Factory shared, Exchange exchange, Consumer<SocketSession> onClosed) {
    this.shared = shared;
    this.exchange = exchange;
    this.onClosed = onClosed;
    this.local =
        new ResponseStore(
            LOCAL_TURNS, LOCAL_CHARACTERS, shared.limits().lifetime(), shared.clock());
    Pair<Pair<Sink<Message, NotUsed>, UniqueKillSwitch>, Source<Message, NotUsed>> out =
        MergeHub.of(Message.class, HUB_BUFFER)
            .takeWhile(message -> !isEnd(message))
            .viaMat(KillSwitches.single(), Keep.both())
            .preMaterialize(shared.materializer());
    this.hub = out.first().first();
    this.end = out.first().second();
    this.outgoing = out.second();
    this.control =
        Source.<Message>queue(CONTROL_BUFFER, OverflowStrategy.backpressure(), CONTROL_OFFERS)
            .to(hub)
            .run(shared.materializer());
    this.lifetime = after(shared.limits().lifetime(), this::expire);
  }

  /** The socket's messages, in and out. */
  Flow<Message, Message, NotUsed> messages() {
    Sink<Message, NotUsed> incoming =
        Flow.of(Message.class).mapAsync(1, this::receive).to(Sink.onComplete(result -> closed()));
    return Flow.fromSinkAndSource(
        incoming,
        outgoing.watchTermination(
            (none, done) -> {
              done.whenComplete((end, failure) -> closed());
              return none;
            }));
  }

  /** Why the server closes this socket; empty while it does not. */
  Optional<CloseReason> closeReason() {
    return closing;
  }

  /** Takes no new turns; closes when the running ones are over. */
  void drain() {
    draining = true;
    if (running.isEmpty()) {
      close(CloseReason.restart());
    }
  }

  /** The mark is one object; a client's text may well be equal to it. */
  @SuppressWarnings("ReferenceEquality")
  private static boolean isEnd(Message message) {
    return message == END;
  }

  private void closed() {
    lifetime.cancel();
    end.shutdown();
    control.complete();
    running.values().forEach(RunningTurn::cancel);
    onClosed.accept(this);
  }

  private synchronized void close(CloseReason reason) {
    if (closing.isEmpty()) {
      closing = Optional.of(reason);
      var _ = control.offer(END);
      var _ = after(FORCE_CLOSE, end::shutdown);
    }
  }

  private void expire() {
    send(error(
            Optional.empty(),
            ApiError.request(
                400,
                "websocket_connection_limit_reached",
                "the connection is open for "
                    + shared.limits().lifetime().toMinutes()
                    + " minutes; connect again")))
        .whenComplete((sent, failure) -> close(CloseReason.policy("connection limit reached")));
  }

  private CompletionStage<Object> receive(Message message) {
    return text(message).thenComposeAsync(this::handle, shared.workers()).exceptionally(this::stop);
  }

  private CompletionStage<String> text(Message message) {
    if (!message.isText()) {
      return CompletableFuture.failedStage(
          new ApiException(ApiError.request(400, "binary_message", "binary messages")));
    }
    int most = shared.limits().maxMessageBytes();
    return message
        .asTextMessage()
        .getStreamedText()
        .limitWeighted(most, part -> (long) part.getBytes(StandardCharsets.UTF_8).length)
        .completionTimeout(shared.limits().messageTimeout())
        .runFold(new StringBuilder(), StringBuilder::append, shared.materializer())
        .thenApply(StringBuilder::toString);
  }

  /** Ends the socket because of a message that cannot be answered. */
  private Object stop(Throwable failure) {
    close(
        switch (Failures.unwrap(failure)) {
          case StreamLimitReachedException big ->
              CloseReason.tooBig(shared.limits().maxMessageBytes());
          case TimeoutException slow -> CloseReason.policy("the message took too long to arrive");
          case ApiException refused -> CloseReason.policy("only text messages are supported");
          case Throwable other -> CloseReason.internal();
        });
    return failure;
  }

  private CompletionStage<Object> handle(String text) {
    long arrivalNanos = shared.clock().nanoTime();
    Optional<String> streamId = Optional.empty();
    try {
      JsonFields fields = JsonFields.of(Json.parseObject(text.getBytes(StandardCharsets.UTF_8)));
      streamId = fields.text("stream_id");
      return switch (fields.requiredText("type")) {
        case "response.create" -> create(fields, streamId, arrivalNanos);
        case "response.cancel" -> cancel(fields, streamId);
        default -> throw fields.unsupported("type", "must be response.create or response.cancel");
      };
    } catch (RuntimeException e) {
      return send(error(streamId, Failures.toError(e)));
    }
  }

  private CompletionStage<Object> create(
      JsonFields fields, Optional<String> streamId, long arrivalNanos) {
    String key = streamId.orElse("");
    if (draining) {
      throw new ApiException(
          ApiError.busy(503, "shutting_down", "the server shuts down", FORCE_CLOSE));
    }
    if (running.containsKey(key)) {
      throw new ApiException(
          ApiError.request(
              409,
              "response_already_in_flight",
              "a response is running on this stream; use another stream_id or cancel it"));
    }
    if (running.size() >= shared.limits().maxStreams()) {
      throw new ApiException(
          ApiError.request(
              429,
              "stream_limit_reached",
              "at most " + shared.limits().maxStreams() + " responses run at once on a socket"));
    }
    Exchange arrived = exchange.arrivedAt(arrivalNanos);
    ResponseTurn turn =
        shared.turns().prepare(ResponsesRequest.read(fields), arrived, Optional.of(local));
    RunningTurn started =
        new RunningTurn(
            turn,
            streamId,
            output -> shared.turns().finished(turn, output, arrived, Optional.of(local)));
    running.put(key, started);
    started
        .run(shared.generations(), hub, shared.materializer())
        .whenComplete(
            (done, failure) -> {
              running.remove(key, started);
              if (draining && running.isEmpty()) {
                close(CloseReason.restart());
              }
            });
    return CompletableFuture.completedStage(key);
  }

  private CompletionStage<Object> cancel(JsonFields fields, Optional<String> streamId) {
    Optional<String> responseId = fields.text("response_id");
    Optional<RunningTurn> turn =
        responseId.isPresent()
            ? running.values().stream()
                .filter(each -> each.responseId().equals(responseId.get()))
                .findFirst()
            : Optional.ofNullable(running.get(streamId.orElse("")));
    turn.orElseThrow(
            () ->
                new ApiException(
                    ApiError.request(
                        404, "response_not_found", "no such response is running on this socket")))
        .cancel();
    return CompletableFuture.completedStage(fields);
  }

  private CompletionStage<Object> send(ObjectNode event) {
    return control.offer(TextMessage.create(Json.text(event))).thenApply(result -> result);
  }

  /** An error that belongs to no turn; these count their sequence numbers by themselves. */
  private ObjectNode error(Optional<String> streamId, ApiError error) {
    ObjectNode event =
        Json.object()
            .put("type", "error")
            .put("sequence_number", ownEvents.getAndIncrement())
            .put("status", error.status());
    streamId.ifPresent(id -> event.put("stream_id", id));
    error.retryAfter().ifPresent(wait -> event.put("retry_after_ms", wait.toMillis()));
    event.set("error", error.toJson());
    return event;
  }

  private Cancellable after(Duration delay, Runnable action) {
    return shared
        .materializer()
        .scheduleOnce(FiniteDuration.create(delay.toNanos(), TimeUnit.NANOSECONDS), action);
  }
}
