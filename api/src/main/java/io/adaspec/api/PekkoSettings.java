package io.adaspec.api;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.http.javadsl.model.headers.ProductVersion;
import org.apache.pekko.http.javadsl.model.headers.Server;
import org.apache.pekko.http.javadsl.settings.ParserSettings;
import org.apache.pekko.http.javadsl.settings.WebSocketSettings;
import scala.concurrent.duration.FiniteDuration;

/**
 * Our settings as those of Pekko HTTP, whose defaults do not fit streams of minutes: a request
 * time-out of 20 seconds, an idle time-out of 60, no WebSocket pings.
 */
final class PekkoSettings {
  /**
   * With a limit of one, a connection is not read while its answer is made, and a client that
   * disconnects goes unnoticed.
   */
  static final int PIPELINING_LIMIT = 2;

  private static final int MAX_URI_LENGTH = 2048;

  private PekkoSettings() {}

  static org.apache.pekko.http.javadsl.settings.ServerSettings of(
      ActorSystem system, ServerSettings settings) {
    var base = org.apache.pekko.http.javadsl.settings.ServerSettings.create(system);
    ServerSettings.ConnectionLimits limits = settings.connections();
    ParserSettings parser =
        base.getParserSettings()
            .withMaxUriLength(MAX_URI_LENGTH)
            .withMaxHeaderValueLength(limits.maxHeaderBytes())
            .withMaxHeaderCount(limits.maxHeaders())
            .withMaxContentLength(limits.maxBodyBytes())
            .withMaxToStrictBytes(limits.maxBodyBytes())
            .withIllegalHeaderWarnings(false);
    WebSocketSettings sockets =
        base.getWebsocketSettings()
            .withPeriodicKeepAliveMode("ping")
            .withPeriodicKeepAliveMaxIdle(settings.sockets().pingInterval());
    return base.withParserSettings(parser)
        .withWebsocketSettings(sockets)
        .withMaxConnections(limits.maxConnections())
        .withPipeliningLimit(PIPELINING_LIMIT)
        .withServerHeader(Optional.of(Server.create(ProductVersion.create("adaspec", ""))))
        .withTimeouts(
            base.getTimeouts()
                .withRequestTimeout(scala.concurrent.duration.Duration.Inf())
                .withIdleTimeout(finite(limits.idleTimeout())));
  }

  private static FiniteDuration finite(Duration duration) {
    return FiniteDuration.create(duration.toNanos(), TimeUnit.NANOSECONDS);
  }
}
