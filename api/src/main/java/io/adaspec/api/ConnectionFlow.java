package io.adaspec.api;

import io.adaspec.api.http.Connection;
import io.adaspec.api.http.RouteTable;
import io.adaspec.api.http.Stages;
import io.adaspec.runtime.time.NanoClock;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.UniqueKillSwitch;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.util.ByteString;

/**
 * One connection: requests in, answers out. It ends the requests of a client that has gone, and the
 * connection of a client that asks for nothing for a while, be it silent or be it that the head of
 * its request trickles; the library knows only bytes, and silence of minutes is usual while an
 * answer is made.
 */
final class ConnectionFlow {
  private final RouteTable table;
  private final Duration patience;
  private final NanoClock clock;
  private final AnswersUnderWay answers;
  private final Connection connection = new Connection();
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger unsent = new AtomicInteger();
  private volatile long idleSinceNanos;

  private ConnectionFlow(
      RouteTable table, Duration patience, NanoClock clock, AnswersUnderWay answers) {
    this.answers = answers;
    this.table = table;
    this.patience = patience;
    this.clock = clock;
    this.idleSinceNanos = clock.nanoTime();
  }

  /**
   * A flow for each connection.
   *
   * @param patience longest time without a running request
   * @param answers counts those of all connections
   */
  static Flow<HttpRequest, HttpResponse, ?> of(
      RouteTable table, Duration patience, NanoClock clock, AnswersUnderWay answers) {
    return Flow.fromMaterializer(
        (materializer, attributes) ->
            new ConnectionFlow(table, patience, clock, answers).flow(materializer));
  }

  /**
   * The end of the requests comes as soon as the client has gone, the end of the answers only after
   * those that are still being made.
   */
  private Flow<HttpRequest, HttpResponse, NotUsed> flow(Materializer materializer) {
    return Flow.of(HttpRequest.class)
        .watchTermination(
            (none, done) -> {
              Stages.whenOver(done, connection::close);
              return none;
            })
        .viaMat(KillSwitches.single(), Keep.right())
        .mapAsync(PekkoSettings.PIPELINING_LIMIT, this::answer)
        .watchTermination(
            (end, done) -> {
              var watch =
                  materializer.scheduleWithFixedDelay(
                      PekkoSettings.finite(patience),
                      PekkoSettings.finite(patience.dividedBy(2)),
                      () -> endIfIdle(end));
              Stages.whenOver(
                  done,
                  () -> {
                    watch.cancel();
                    connection.close();
                    giveUpUnsent();
                  });
              return NotUsed.getInstance();
            });
  }

  private CompletionStage<HttpResponse> answer(HttpRequest request) {
    running.incrementAndGet();
    unsent.incrementAndGet();
    answers.begin();
    return table
        .handle(request, connection)
        .thenApply(this::untilSent)
        .whenComplete(
            (response, failure) -> {
              if (failure != null) {
                finished();
              }
            });
  }

  /** A WebSocket has time limits of its own; it counts as running for ever. */
  private HttpResponse untilSent(HttpResponse response) {
    if (response.status().equals(StatusCodes.SWITCHING_PROTOCOLS)) {
      sent();
      return response;
    }
    if (response.entity().isStrict()) {
      finished();
      return response;
    }
    return response.transformEntityDataBytes(
        Flow.of(ByteString.class)
            .watchTermination(
                (none, done) -> {
                  Stages.whenOver(done, this::finished);
                  return none;
                }));
  }

  private void finished() {
    idleSinceNanos = clock.nanoTime();
    running.decrementAndGet();
    sent();
  }

  /** An answer counts once, sent or given up with its connection. */
  private void sent() {
    if (unsent.getAndUpdate(count -> Math.max(0, count - 1)) > 0) {
      answers.end();
    }
  }

  private void giveUpUnsent() {
    for (int left = unsent.getAndSet(0); left > 0; left--) {
      answers.end();
    }
  }

  private void endIfIdle(UniqueKillSwitch end) {
    if (running.get() == 0 && clock.nanoTime() - idleSinceNanos > patience.toNanos()) {
      end.shutdown();
    }
  }
}
