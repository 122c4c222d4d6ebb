package io.adaspec.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/** Builds HTTP answers. */
public final class Answers {
  private static final ContentType EVENT_STREAM = ContentTypes.create(MediaTypes.TEXT_EVENT_STREAM);

  private Answers() {}

  /** 200 with JSON. */
  public static HttpResponse json(JsonNode body) {
    return json(200, body);
  }

  /** JSON with a status code. */
  public static HttpResponse json(int status, JsonNode body) {
    return HttpResponse.create()
        .withStatus(status)
        .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, Json.encode(body)));
  }

  /** 200 with text of a given type. */
  public static HttpResponse text(ContentType.NonBinary type, String text) {
    return HttpResponse.create().withEntity(HttpEntities.create(type, text));
  }

  /**
   * 200 with server-sent events; every element is one event and is flushed by itself.
   *
   * @param pingInterval how long the stream may be silent before a comment is sent
   * @param connection of the client
   */
  public static HttpResponse events(
      Source<ByteString, ?> events, Duration pingInterval, Connection connection) {
    Source<ByteString, ?> alive = events.keepAlive(pingInterval, () -> Sse.PING);
    return HttpResponse.create()
        .withEntity(
            HttpEntities.createChunked(EVENT_STREAM, Probes.amid(alive, Sse.PING, connection)))
        .addHeader(RawHeader.create("Cache-Control", "no-cache"))
        .addHeader(RawHeader.create("X-Accel-Buffering", "no"));
  }

  /** An error object with its status code and retry advice. */
  public static HttpResponse error(ApiError error) {
    List<HttpHeader> headers = new ArrayList<>();
    error
        .retryAfter()
        .ifPresent(
            wait -> {
              long millis = Math.max(1, wait.toMillis());
              headers.add(
                  RawHeader.create("Retry-After", Long.toString(Math.ceilDiv(millis, 1000L))));
              headers.add(RawHeader.create("retry-after-ms", Long.toString(millis)));
            });
    boolean clientWouldRetry =
        error.status() == 408
            || error.status() == 409
            || error.status() == 429
            || error.status() >= 500;
    if (clientWouldRetry) {
      headers.add(RawHeader.create("x-should-retry", Boolean.toString(error.retryable())));
    }
    return json(error.status(), error.toBody()).addHeaders(headers);
  }
}
