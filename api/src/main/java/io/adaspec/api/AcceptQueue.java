package io.adaspec.api;

import io.adaspec.api.http.Stages;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.javadsl.Tcp;
import org.apache.pekko.util.ByteString;

/**
 * The connections that the system has made for a listening port and that the server has not taken
 * yet. Closing the port resets them, with the requests that they carry. They are a queue: once a
 * connection of our own is answered, all that clients made before it are taken.
 */
final class AcceptQueue {
  /** For a machine so busy, or a server so full, that it takes no connections. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private static final ByteString REQUEST =
      ByteString.fromArray(
          "GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
              .getBytes(StandardCharsets.US_ASCII));

  private AcceptQueue() {}

  /** Completes when the server has taken what waits now, at the latest after a second. */
  static CompletionStage<Done> emptied(ActorSystem<?> system, InetSocketAddress bound) {
    InetAddress address = bound.getAddress();
    InetSocketAddress own =
        address.isAnyLocalAddress()
            ? new InetSocketAddress(InetAddress.getLoopbackAddress(), bound.getPort())
            : bound;
    CompletionStage<?> answer =
        Source.single(REQUEST)
            .concat(Source.maybe())
            .via(Tcp.get(system).outgoingConnection(own.getHostString(), own.getPort()))
            .runWith(Sink.headOption(), system);
    return Stages.direct(answer)
        .handle((bytes, failure) -> Done.getInstance())
        .completeOnTimeout(Done.getInstance(), PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
  }
}
