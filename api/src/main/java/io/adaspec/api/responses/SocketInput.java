package io.adaspec.api.responses;

import io.adaspec.api.http.ApiError;
import io.adaspec.api.http.ApiException;
import io.adaspec.api.http.Failures;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.http.javadsl.model.ws.Message;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.StreamLimitReachedException;

/**
 * Reads the messages of one WebSocket, bounded in size and time.
 *
 * @param limits of the socket
 * @param materializer runs the streams of messages that come in pieces
 */
record SocketInput(SocketLimits limits, Materializer materializer) {

  /** The text of a message; fails if it is not text, too large, or too long on its way. */
  CompletionStage<String> text(Message message) {
    if (!message.isText()) {
      return CompletableFuture.failedStage(
          new ApiException(ApiError.request(400, "binary_message", "binary messages")));
    }
    return message
        .asTextMessage()
        .getStreamedText()
        .limitWeighted(
            limits.maxMessageBytes(), part -> (long) part.getBytes(StandardCharsets.UTF_8).length)
        .completionTimeout(limits.messageTimeout())
        .runFold(new StringBuilder(), StringBuilder::append, materializer)
        .thenApply(StringBuilder::toString);
  }

  /** Why a socket ends whose message cannot be read or answered. */
  CloseReason reason(Throwable failure) {
    return switch (Failures.unwrap(failure)) {
      case StreamLimitReachedException big -> CloseReason.tooBig(limits.maxMessageBytes());
      case TimeoutException slow -> CloseReason.policy("the message took too long to arrive");
      case ApiException refused -> CloseReason.policy("only text messages are supported");
      case Throwable other -> CloseReason.internal();
    };
  }
}
