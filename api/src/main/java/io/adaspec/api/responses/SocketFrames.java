package io.adaspec.api.responses;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.event.Logging;
import org.apache.pekko.event.LoggingAdapter;
import org.apache.pekko.http.impl.engine.ws.FrameEvent;
import org.apache.pekko.http.impl.engine.ws.FrameStart;
import org.apache.pekko.http.impl.engine.ws.UpgradeToWebSocketLowLevel;
import org.apache.pekko.http.impl.engine.ws.WebSocket;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.ws.Message;
import org.apache.pekko.http.javadsl.model.ws.WebSocketUpgrade;
import org.apache.pekko.http.javadsl.settings.ServerSettings;
import org.apache.pekko.http.javadsl.settings.WebSocketSettings;
import org.apache.pekko.stream.javadsl.BidiFlow;
import org.apache.pekko.stream.javadsl.Flow;
import scala.Option;
import scala.concurrent.duration.FiniteDuration;

/**
 * Upgrades a connection with what the message interface of Pekko HTTP does not offer: close codes
 * of our own, and an end for peers that do not answer pings. Pekko's own protocol stack does the
 * work; this class watches the frames on both sides of it. It is the only user of Pekko's internal
 * frame types.
 */
final class SocketFrames {
  private static final byte CLOSE_OPCODE = 8;
  private static final FiniteDuration CLOSE_TIMEOUT = FiniteDuration.create(3, "seconds");

  private final ActorSystem system;
  private final Duration pingInterval;

  SocketFrames(ActorSystem system, Duration pingInterval) {
    this.system = system;
    this.pingInterval = pingInterval;
  }

  /**
   * The answer that upgrades a connection.
   *
   * @param messages handles the messages of the socket
   * @param closing why the server closes, once it does
   */
  HttpResponse upgrade(
      WebSocketUpgrade upgrade,
      Optional<String> subProtocol,
      Flow<Message, Message, NotUsed> messages,
      Supplier<Optional<CloseReason>> closing) {
    if (!(upgrade instanceof UpgradeToWebSocketLowLevel frames)) {
      return subProtocol
          .map(name -> upgrade.handleMessagesWith(messages, name))
          .orElseGet(() -> upgrade.handleMessagesWith(messages));
    }
    Flow<FrameEvent, FrameEvent, Object> handler =
        Flow.of(FrameEvent.class)
            .idleTimeout(pingInterval.multipliedBy(5).dividedBy(2))
            .via(protocol(messages))
            .map(frame -> withReason(frame, closing))
            .mapMaterializedValue(none -> none);
    return frames.handleFrames(handler.asScala(), Option.apply(subProtocol.orElse(null)));
  }

  private Flow<FrameEvent, FrameEvent, NotUsed> protocol(Flow<Message, Message, NotUsed> messages) {
    WebSocketSettings settings =
        ServerSettings.create(system)
            .getWebsocketSettings()
            .withPeriodicKeepAliveMode("ping")
            .withPeriodicKeepAliveMaxIdle(pingInterval);
    LoggingAdapter log = Logging.getLogger(system, SocketFrames.class);
    var stack =
        WebSocket.stack(
            true,
            (org.apache.pekko.http.scaladsl.settings.WebSocketSettings) settings,
            CLOSE_TIMEOUT,
            log);
    Flow<
            org.apache.pekko.http.scaladsl.model.ws.Message,
            org.apache.pekko.http.scaladsl.model.ws.Message,
            NotUsed>
        handler =
            Flow.of(org.apache.pekko.http.scaladsl.model.ws.Message.class)
                .map(message -> (Message) message)
                .via(messages)
                .map(Message::asScala);
    return BidiFlow.fromGraph(stack).join(handler);
  }

  private static FrameEvent withReason(FrameEvent frame, Supplier<Optional<CloseReason>> closing) {
    boolean closes =
        frame instanceof FrameStart start && start.header().opcode().code() == CLOSE_OPCODE;
    return closes
        ? closing
            .get()
            .<FrameEvent>map(
                reason -> FrameEvent.closeFrame(reason.code(), reason.text(), Option.empty()))
            .orElse(frame)
        : frame;
  }
}
