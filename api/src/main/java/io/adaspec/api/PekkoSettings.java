package io.adaspec.api;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.http.javadsl.model.headers.ProductVersion;
import org.apache.pekko.http.javadsl.model.headers.Server;
import org.apache.pekko.http.javadsl.settings.ParserSettings;
import org.apache.pekko.http.javadsl.settings.WebSocketSettings;
import org.apache.pekko.io.Inet.SocketOption;
import org.apache.pekko.io.TcpSO;
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

  /**
   * Left to itself, the system buffers megabytes for a client that does not read, tens of thousands
   * of tokens, before its stream is held back.
   */
  private static final int SEND_BUFFER_BYTES = 128 << 10;

  /**
   * The library holds back the end of a connection at each of its ten layers, 100 ms unless told
   * otherwise. Requests of a client that has gone would run on for all of that second.
   */
  private static final Duration CANCELLATION_DELAY = Duration.ofMillis(10);

  /** What clients send wrongly is theirs: it does not belong into our log. */
  private static final Config PARSING =
      ConfigFactory.parseMap(
          Map.of(
              "pekko.http.server.parsing.error-logging-verbosity",
              "simple",
              "pekko.http.server.parsing.error-handler",
              ParsingErrors.class.getName()));

  private PekkoSettings() {}

  static org.apache.pekko.http.javadsl.settings.ServerSettings of(
      ActorSystem system, ServerSettings settings) {
    var base =
        org.apache.pekko.http.javadsl.settings.ServerSettings.create(
            PARSING.withFallback(system.settings().config()));
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
        .withSocketOptions(socketOptions(base))
        .withMaxConnections(limits.maxConnections())
        .withPipeliningLimit(PIPELINING_LIMIT)
        .withStreamCancellationDelay(finite(CANCELLATION_DELAY))
        .withServerHeader(Optional.of(Server.create(ProductVersion.create("adaspec", ""))))
        .withTimeouts(
            base.getTimeouts()
                .withRequestTimeout(scala.concurrent.duration.Duration.Inf())
                .withIdleTimeout(finite(limits.idleTimeout())));
  }

  /** Options of the system's configuration come later and win. */
  private static List<SocketOption> socketOptions(
      org.apache.pekko.http.javadsl.settings.ServerSettings base) {
    List<SocketOption> options = new ArrayList<>();
    options.add(TcpSO.sendBufferSize(SEND_BUFFER_BYTES));
    base.getSocketOptions().forEach(options::add);
    return options;
  }

  static FiniteDuration finite(Duration duration) {
    return FiniteDuration.create(duration.toNanos(), TimeUnit.NANOSECONDS);
  }
}
