package io.adaspec.api.http;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import scala.concurrent.duration.FiniteDuration;

/**
 * Finds out whether a client that has closed its half of the connection still waits for its answer.
 * TCP does not tell one that has gone from one that has nothing more to say, as {@code nc -N}; but
 * the system of the first one answers bytes with a reset, which ends the connection and its
 * requests. So bytes that mean nothing are written into the answer: comments into events, white
 * space before JSON.
 */
public final class Probes {
  private static final Duration INTERVAL = Duration.ofMillis(200);

  /** Refusals come within this time, and keep their status code. */
  private static final Duration GRACE = Duration.ofMillis(100);

  private static final ByteString SPACE = ByteString.fromString(" ");

  private Probes() {}

  /** An answer, with {@code nothing} amid its elements once the client is silent. */
  static Source<ByteString, NotUsed> amid(
      Source<ByteString, ?> answer, ByteString nothing, Connection connection) {
    return Source.fromMaterializer(
            (materializer, attributes) -> {
              CompletableFuture<Source<ByteString, Cancellable>> probes = new CompletableFuture<>();
              Connection.Registration registration =
                  connection.onSilent(
                      () -> probes.complete(Source.tick(Duration.ZERO, INTERVAL, nothing)));
              return answer
                  .merge(Source.completionStageSource(probes), true)
                  .watchTermination(
                      (none, done) -> {
                        Stages.whenOver(done, registration::done);
                        return NotUsed.getInstance();
                      });
            })
        .mapMaterializedValue(started -> NotUsed.getInstance());
  }

  /**
   * A JSON answer that takes its time. Once the client is silent its head is sent before it is
   * known, as if it were a success; a failure after that is an error object in the body, as in
   * streams.
   */
  public static CompletionStage<HttpResponse> json(
      CompletionStage<HttpResponse> answer, Connection connection, Materializer materializer) {
    CompletableFuture<HttpResponse> first = new CompletableFuture<>();
    Connection.Registration registration =
        connection.onSilent(
            () -> {
              var _ =
                  materializer.scheduleOnce(
                      FiniteDuration.create(GRACE.toNanos(), TimeUnit.NANOSECONDS),
                      () -> first.complete(early(answer, connection)));
            });
    var _ =
        answer.whenComplete(
            (response, failure) -> {
              registration.done();
              if (failure == null) {
                first.complete(response);
              } else {
                first.completeExceptionally(failure);
              }
            });
    return first;
  }

  private static HttpResponse early(CompletionStage<HttpResponse> answer, Connection connection) {
    Source<ByteString, ?> body =
        Source.completionStageSource(
            answer.handle(
                (response, failure) ->
                    (failure == null ? response : Answers.error(Failures.toError(failure)))
                        .entity()
                        .getDataBytes()));
    return HttpResponse.create()
        .withEntity(
            HttpEntities.createChunked(
                ContentTypes.APPLICATION_JSON, amid(body, SPACE, connection)));
  }
}
