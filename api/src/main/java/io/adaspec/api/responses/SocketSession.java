package io.adaspec.api.responses;

import io.adaspec.api.http.ApiError;
import io.adaspec.api.http.ApiException;
import io.adaspec.api.http.BodyBudget;
import io.adaspec.api.http.Exchange;
import io.adaspec.api.http.Failures;
import io.adaspec.api.http.Json;
import io.adaspec.api.http.JsonFields;
import io.adaspec.api.http.Principal;
import io.adaspec.api.http.Stages;
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
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.http.javadsl.model.ws.Message;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Sink;
import scala.concurrent.duration.FiniteDuration;

/** One open WebSocket: what its client asks for, and the turns that run for it. */
final class SocketSession {
  private static final int MAX_STREAM_ID = 256;
  private static final Duration RESTART = Duration.ofSeconds(2);

  /**
   * What all sessions use.
   *
   * @param budget memory for the messages of all sockets
   * @param workers where messages are parsed and tokenized
   */
  record Factory(
      ResponseTurns turns,
      Generations generations,
      SocketLimits limits,
      NanoClock clock,
      BodyBudget budget,
      Executor workers,
      Materializer materializer) {

    SocketSession open(Exchange exchange, Consumer<SocketSession> onClosed) {
      return new SocketSession(this, exchange, onClosed);
    }
  }

  private final Factory shared;
  private final Exchange exchange;
  private final Consumer<SocketSession> onClosed;
  private final SocketInput input;
  private final SocketOutput output;
  private final Principal self;
  private final Map<String, RunningTurn> running = new ConcurrentHashMap<>();
  private final Cancellable lifetime;
  private volatile boolean draining;

  private SocketSession(Factory shared, Exchange exchange, Consumer<SocketSession> onClosed) {
    this.shared = shared;
    this.exchange = exchange;
    this.onClosed = onClosed;
    Duration age = shared.limits().lifetime();
    this.input = new SocketInput(shared.limits(), shared.materializer());
    this.output = new SocketOutput(shared.materializer());
    this.self = new Principal("socket-" + exchange.requestId());
    this.lifetime =
        shared
            .materializer()
            .scheduleOnce(FiniteDuration.create(age.toNanos(), TimeUnit.NANOSECONDS), this::expire);
  }

  /** The socket's messages, in and out. */
  Flow<Message, Message, NotUsed> messages() {
    Sink<Message, NotUsed> incoming =
        Flow.of(Message.class).mapAsync(1, this::receive).to(Sink.onComplete(result -> closed()));
    return Flow.fromSinkAndSource(
        incoming,
        output
            .messages()
            .watchTermination(
                (none, done) -> {
                  Stages.whenOver(done, this::closed);
                  return none;
                }));
  }

  /** Why the server closes this socket; empty while it does not. */
  Optional<CloseReason> closeReason() {
    return output.closeReason();
  }

  /** Says so to the client, takes no new turns, and closes when the running ones are over. */
  synchronized void drain() {
    if (draining) {
      return;
    }
    draining = true;
    var _ = output.send("server.draining", Json.object());
    closeIfDrained();
  }

  private synchronized void closeIfDrained() {
    if (draining && running.isEmpty()) {
      output.close(CloseReason.restart());
    }
  }

  private void closed() {
    lifetime.cancel();
    output.stop();
    running.values().forEach(RunningTurn::cancel);
    shared.turns().forget(self);
    onClosed.accept(this);
  }

  private void expire() {
    ApiError error =
        ApiError.request(
            400,
            "websocket_connection_limit_reached",
            "the connection is open for "
                + shared.limits().lifetime().toMinutes()
                + " minutes; connect again");
    var _ =
        output
            .sendError(Optional.empty(), error)
            .whenComplete(
                (sent, failure) -> output.close(CloseReason.policy("connection limit reached")));
  }

  private CompletionStage<Object> receive(Message message) {
    BodyBudget.Share share = shared.budget().open();
    return input
        .text(message, share)
        .thenApplyAsync(this::handle, shared.workers())
        .whenComplete((handled, failure) -> share.release())
        .thenCompose(Function.identity())
        .exceptionally(
            failure -> {
              output.close(input.reason(failure));
              return failure;
            });
  }

  private CompletionStage<Object> handle(String text) {
    long arrivalNanos = shared.clock().nanoTime();
    Optional<String> streamId = Optional.empty();
    try {
      JsonFields fields = JsonFields.of(Json.parseObject(text.getBytes(StandardCharsets.UTF_8)));
      streamId = streamId(fields);
      return switch (fields.requiredText("type")) {
        case "response.create" -> create(fields, streamId, arrivalNanos);
        case "response.cancel" -> cancel(fields, streamId);
        default -> throw fields.unsupported("type", "must be response.create or response.cancel");
      };
    } catch (RuntimeException e) {
      return output.sendError(streamId, Failures.toError(e));
    }
  }

  private static Optional<String> streamId(JsonFields fields) {
    Optional<String> id = fields.text("stream_id");
    if (id.isPresent() && id.get().length() > MAX_STREAM_ID) {
      throw fields.invalid("stream_id", "must have at most " + MAX_STREAM_ID + " characters");
    }
    return id;
  }

  private CompletionStage<Object> create(
      JsonFields fields, Optional<String> streamId, long arrivalNanos) {
    String key = streamId.orElse("");
    checkRoom(key);
    Exchange arrived = exchange.arrivedAt(arrivalNanos);
    ResponseTurn turn =
        shared.turns().prepare(shared.turns().read(fields, exchange), arrived, Optional.of(self));
    RunningTurn started =
        new RunningTurn(
            turn,
            streamId,
            text -> shared.turns().finished(turn, text, arrived, Optional.of(self)));
    register(key, started);
    running(key, started, turn)
        .whenComplete(
            (done, failure) -> {
              running.remove(key, started);
              closeIfDrained();
            });
    return CompletableFuture.completedStage(key);
  }

  /** The turn must not stay registered when its key has too many requests already. */
  private CompletionStage<Done> running(String key, RunningTurn started, ResponseTurn turn) {
    try {
      return started.run(
          shared.generations().single(turn.inference(), exchange.allowance()),
          output.turn(),
          shared.materializer());
    } catch (ApiException e) {
      running.remove(key, started);
      closeIfDrained();
      throw e;
    }
  }

  /**
   * Preparing takes a while in which a drain may have begun; from here on it waits for the turn.
   */
  private synchronized void register(String key, RunningTurn turn) {
    checkRoom(key);
    running.put(key, turn);
  }

  private void checkRoom(String key) {
    if (draining) {
      throw new ApiException(ApiError.busy(503, "shutting_down", "the server shuts down", RESTART));
    }
    RunningTurn before = running.get(key);
    if (before != null && !before.isOver()) {
      throw new ApiException(
          ApiError.request(
              409,
              "response_already_in_flight",
              "a response is running on this stream; use another stream_id or cancel it"));
    }
    long turns = running.values().stream().filter(turn -> !turn.isOver()).count();
    if (turns >= shared.limits().maxStreams()) {
      throw new ApiException(
          ApiError.request(
              429,
              "stream_limit_reached",
              "at most " + shared.limits().maxStreams() + " responses run at once on a socket"));
    }
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
}
