package io.adaspec.api.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.scaladsl.model.EntityStreamException;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.apache.pekko.stream.Materializer;

/**
 * Reads request bodies, bounded in size and time, and parses them off the threads that move bytes.
 *
 * @param maxBytes the largest body
 * @param budget memory that all bodies share
 * @param timeout the longest time that a body may take to arrive
 * @param workers where parsing, templates and tokenizing run
 * @param materializer runs the body's stream
 */
public record Bodies(
    long maxBytes,
    BodyBudget budget,
    Duration timeout,
    Executor workers,
    Materializer materializer) {
  /** The content encoding that is none. */
  private static final String PLAIN = "identity";

  /** Answers from the JSON object of a request; {@code answer} runs on {@link #workers}. */
  public CompletionStage<HttpResponse> json(
      HttpRequest request, Function<ObjectNode, CompletionStage<HttpResponse>> answer) {
    ContentType type = request.entity().getContentType();
    if (!isJson(type)) {
      throw unsupported(request, "the content type must be application/json, not " + type);
    }
    String encoding = request.getHeader("content-encoding").map(HttpHeader::value).orElse(PLAIN);
    if (!encoding.equalsIgnoreCase(PLAIN)) {
      throw unsupported(request, "send the body without content encoding, not as " + encoding);
    }
    if (request.entity().getContentLengthOption().orElse(0) > maxBytes) {
      request.discardEntityBytes(materializer);
      throw tooLarge();
    }
    BodyBudget.Share share = budget.open();
    return read(request, share)
        .thenApplyAsync(
            body -> answer.apply(Json.parseObject(body.bytes(), body.length())), workers)
        .whenComplete((answered, failure) -> share.release())
        .thenCompose(Function.identity());
  }

  private ApiException unsupported(HttpRequest request, String message) {
    request.discardEntityBytes(materializer);
    return new ApiException(ApiError.request(415, "unsupported_media_type", message));
  }

  private CompletionStage<BodyBuffer> read(HttpRequest request, BodyBudget.Share share) {
    return Stages.direct(
            request
                .entity()
                .withSizeLimit(maxBytes)
                .getDataBytes()
                .completionTimeout(timeout)
                .runFold(new BodyBuffer(share, maxBytes), BodyBuffer::append, materializer))
        .exceptionally(
            failure -> {
              throw bodyFailure(failure);
            });
  }

  private static boolean isJson(ContentType type) {
    String subType = type.mediaType().subType();
    return type.mediaType().mainType().equals("application")
        && (subType.equals("json") || subType.endsWith("+json"));
  }

  private RuntimeException bodyFailure(Throwable failure) {
    Throwable cause = Failures.unwrap(failure);
    if (cause instanceof TimeoutException) {
      return new ApiException(
          ApiError.request(
              400,
              "body_timeout",
              "the body did not arrive within " + timeout.toSeconds() + " seconds"));
    }
    return switch (cause) {
      case EntityStreamSizeException large -> tooLarge();
      case EntityStreamException broken ->
          new ApiException(
              ApiError.request(
                  400, "invalid_body", "the body is not transferred as its headers announce"));
      case ApiException refused -> refused;
      default -> new CompletionException(cause);
    };
  }

  private ApiException tooLarge() {
    return new ApiException(
        ApiError.request(
            413, "request_too_large", "the body is larger than " + maxBytes + " bytes"));
  }
}
