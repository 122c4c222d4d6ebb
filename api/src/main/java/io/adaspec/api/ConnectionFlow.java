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
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * One connection: requests in, answers out. It ends the requests of a client that has gone, and the
 * connection of a client that asks for nothing for a while, be it silent or be it that the head of
 * its request trickles; the library knows only bytes, and silence of minutes is usual while an
 * answer is made.
 */
final class ConnectionFlow implements OpenConnections.Drainable {
  /** While the server stops: for the first request of a connection, which may be on its way. */
  private static final Duration FIRST_REQUEST = Duration.ofSeconds(1);

  private final RouteTable table;
  private final Materializer materializer;
  private final Duration patience;
  private final NanoClock clock;
  private final OpenConnections connections;
  private final Connection connection = new Connection();
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger making = new AtomicInteger();
  private volatile long idleSinceNanos;
  private volatile boolean asked;
  private volatile boolean draining;
  private volatile boolean ended;
  private volatile Runnable end = () -> {};

  private ConnectionFlow(
      RouteTable table,
      Materializer materializer,
      Duration patience,
      NanoClock clock,
      OpenConnections connections) {
    this.materializer = materializer;
    this.connections = connections;
    this.table = table;
    this.patience = patience;
    this.clock = clock;
    this.idleSinceNanos = clock.nanoTime();
  }

  /**
   * A flow for each connection.
   *
   * @param patience longest time without a running request
   * @param connections knows those that are open
   */
  static Flow<HttpRequest, HttpResponse, ?> of(
      RouteTable table, Duration patience, NanoClock clock, OpenConnections connections) {
    return Flow.fromMaterializer(
        (materializer, attributes) ->
            new ConnectionFlow(table, materializer, patience, clock, connections).flow());
  }

  /**
   * The end of the requests comes as soon as the client has gone or has closed its half, the end of
   * the answers only after those that are still being made.
   */
  private Flow<HttpRequest, HttpResponse, NotUsed> flow() {
    return Flow.of(HttpRequest.class)
        .watchTermination(
            (none, done) -> {
              var _ = Stages.direct(done).whenComplete((end, failure) -> requestsEnd(failure));
              return none;
            })
        .viaMat(KillSwitches.single(), Keep.right())
        .mapAsync(PekkoSettings.PIPELINING_LIMIT, this::answer)
        .watchTermination(
            (requests, done) -> {
              end = requests::shutdown;
              connections.opened(this);
              var watch =
                  materializer.scheduleWithFixedDelay(
                      PekkoSettings.finite(patience),
                      PekkoSettings.finite(patience.dividedBy(2)),
                      this::endIfSilent);
              var _ =
                  Stages.direct(done)
                      .whenComplete(
                          (over, failure) -> {
                            watch.cancel();
                            answersEnd(failure);
                            connections.closed(this);
                          });
              return NotUsed.getInstance();
            });
  }

  /** A client that has closed its half may have gone, or may wait for its answers. */
  private void requestsEnd(@Nullable Throwable failure) {
    if (failure == null) {
      connection.clientIsSilent();
    } else {
      connection.close();
    }
  }

  /** No further answers: the client has gone, or the last head is out and its body may follow. */
  private void answersEnd(@Nullable Throwable failure) {
    ended = true;
    if (failure != null || making.get() > 0 || running.get() == 0) {
      connection.close();
    }
  }

  private CompletionStage<HttpResponse> answer(HttpRequest request) {
    asked = true;
    running.incrementAndGet();
    making.incrementAndGet();
    return table
        .handle(request, connection)
        .thenApply(this::untilSent)
        .whenComplete(
            (response, failure) -> {
              making.decrementAndGet();
              if (failure != null) {
                finished();
              }
            });
  }

  /** A WebSocket has time limits of its own; it counts as running for ever. */
  private HttpResponse untilSent(HttpResponse response) {
    if (response.status().equals(StatusCodes.SWITCHING_PROTOCOLS)) {
      connections.closed(this);
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
    if (running.decrementAndGet() > 0) {
      return;
    }
    if (ended) {
      connection.close();
    }
    if (draining) {
      end.run();
    }
  }

  /**
   * Ends now, or as soon as nothing runs; what is sent already reaches the client. One that has
   * asked for nothing yet has most likely just been made, with its request on the way.
   */
  @Override
  public void drain() {
    draining = true;
    if (asked) {
      endIfIdle();
    } else {
      materializer.scheduleOnce(PekkoSettings.finite(FIRST_REQUEST), this::endIfIdle);
    }
  }

  private void endIfIdle() {
    if (running.get() == 0) {
      end.run();
    }
  }

  private void endIfSilent() {
    if (running.get() == 0 && clock.nanoTime() - idleSinceNanos > patience.toNanos()) {
      end.run();
    }
  }
}
