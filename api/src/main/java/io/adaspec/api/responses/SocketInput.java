package io.adaspec.api.responses;

import io.adaspec.api.http.ApiError;
import io.adaspec.api.http.ApiException;
import io.adaspec.api.http.BodyBudget;
import io.adaspec.api.http.Failures;
import io.adaspec.api.http.Stages;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.http.javadsl.model.ws.Message;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.StreamLimitReachedException;

/**
 * Reads the messages of one WebSocket, bounded in size, time and memory.
 *
 * @param limits of the socket
 * @param materializer runs the streams of messages that come in pieces
 */
record SocketInput(SocketLimits limits, Materializer materializer) {

  private static final int BYTES_PER_CHARACTER = 2;

  /**
   * The text of a message; fails if it is not text, too large, or too long on its way.
   *
   * @param share pays for its memory
   */
  CompletionStage<String> text(Message message, BodyBudget.Share share) {
    if (!message.isText()) {
      return CompletableFuture.failedStage(
          new ApiException(ApiError.request(400, "binary_message", "binary messages")));
    }
    return Stages.direct(
            message
                .asTextMessage()
                .getStreamedText()
                .limitWeighted(
                    limits.maxMessageBytes(),
                    part -> (long) part.getBytes(StandardCharsets.UTF_8).length)
                .completionTimeout(limits.messageTimeout())
                .runFold(
                    new StringBuilder(),
                    (text, part) -> {
                      share.take((long) BYTES_PER_CHARACTER * part.length());
                      return text.append(part);
                    },
                    materializer))
        .thenApply(StringBuilder::toString);
  }

  /** Why a socket ends whose message cannot be read or answered. */
  CloseReason reason(Throwable failure) {
    return switch (Failures.unwrap(failure)) {
      case StreamLimitReachedException big -> CloseReason.tooBig(limits.maxMessageBytes());
      case TimeoutException slow -> CloseReason.policy("the message took too long to arrive");
      case ApiException busy when busy.error().retryable() -> CloseReason.tryLater();
      case ApiException refused -> CloseReason.policy("only text messages are supported");
      case RejectedExecutionException full -> CloseReason.tryLater();
      case Throwable other -> CloseReason.internal();
    };
  }
}
