package io.adaspec.api.responses;

import io.adaspec.api.http.Answers;
import io.adaspec.api.http.ApiError;
import io.adaspec.api.http.Exchange;
import java.net.URI;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.StreamSupport;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.AttributeKeys;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.model.ws.WebSocketUpgrade;
import org.apache.pekko.stream.javadsl.Flow;

/**
 * The WebSocket at {@code /v1/responses}: upgrades connections, and drains the open ones before a
 * shutdown.
 */
public final class ResponsesSocket {
  private static final String SUB_PROTOCOL = "responses";

  private final SocketSession.Factory sessions;
  private final SocketFrames frames;
  private final Set<String> allowedOrigins;
  private final Set<SocketSession> open = ConcurrentHashMap.newKeySet();
  private final CompletableFuture<Done> drained = new CompletableFuture<>();
  private volatile boolean draining;

  ResponsesSocket(SocketSession.Factory sessions, SocketFrames frames, Set<String> allowedOrigins) {
    this.sessions = sessions;
    this.frames = frames;
    this.allowedOrigins = allowedOrigins;
  }

  /** Answers {@code GET /v1/responses}. */
  CompletionStage<HttpResponse> upgrade(Exchange exchange) {
    return CompletableFuture.completedStage(answer(exchange));
  }

  /**
   * Takes no new turns and closes every socket when its running turns are over.
   *
   * @return completes when all are closed
   */
  public CompletionStage<Done> drain() {
    draining = true;
    open.forEach(SocketSession::drain);
    completeIfDrained();
    return drained;
  }

  private void closed(SocketSession session) {
    open.remove(session);
    completeIfDrained();
  }

  private void completeIfDrained() {
    if (draining && open.isEmpty()) {
      drained.complete(Done.getInstance());
    }
  }

  private HttpResponse answer(Exchange exchange) {
    Optional<WebSocketUpgrade> upgrade =
        exchange.request().getAttribute(AttributeKeys.webSocketUpgrade);
    if (upgrade.isEmpty()) {
      return Answers.error(
              ApiError.request(
                  426, "upgrade_required", "this path speaks WebSocket, or HTTP with POST"))
          .addHeader(RawHeader.create("Upgrade", "websocket"));
    }
    if (!originAllowed(exchange.request())) {
      return Answers.error(
          ApiError.client(
              403,
              "permission_error",
              "origin_not_allowed",
              "pages of this origin may not connect; allow it in the server's settings"));
    }
    CompletableFuture<SocketSession> opened = new CompletableFuture<>();
    return frames.upgrade(
        upgrade.get(),
        subProtocol(upgrade.get()),
        Flow.fromMaterializer((materializer, attributes) -> open(exchange, opened).messages())
            .mapMaterializedValue(later -> NotUsed.getInstance()),
        () -> opened.isDone() ? opened.join().closeReason() : Optional.empty());
  }

  /**
   * Only when the socket really runs: a client may have gone before, and nothing would close it.
   */
  private SocketSession open(Exchange exchange, CompletableFuture<SocketSession> opened) {
    SocketSession session = sessions.open(exchange, this::closed);
    opened.complete(session);
    open.add(session);
    if (draining) {
      session.drain();
    }
    return session;
  }

  private static Optional<String> subProtocol(WebSocketUpgrade upgrade) {
    return StreamSupport.stream(upgrade.getRequestedProtocols().spliterator(), false)
        .filter(SUB_PROTOCOL::equals)
        .findFirst();
  }

  /** Browsers name the page's origin; without this check any page could use a local server. */
  private boolean originAllowed(HttpRequest request) {
    Optional<String> origin = request.getHeader("Origin").map(header -> header.value());
    return origin.isEmpty()
        || allowedOrigins.contains(origin.get())
        || request
            .getHeader("Host")
            .map(host -> host.value().equals(authority(origin.get())))
            .orElse(false);
  }

  private static String authority(String origin) {
    try {
      return Optional.ofNullable(URI.create(origin).getAuthority()).orElse("");
    } catch (IllegalArgumentException e) {
      return "";
    }
  }
}
