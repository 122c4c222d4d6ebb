package io.adaspec.api.responses;

import java.time.Duration;
import java.util.Set;

/**
 * Bounds of one WebSocket.
 *
 * @param maxStreams turns that run at once
 * @param maxMessageBytes largest message of a client
 * @param pingInterval silence of the client after which it is pinged; after two intervals and a
 *     half without a sign of life the socket is dropped
 * @param lifetime after which the client must connect again
 * @param messageTimeout longest time that one message may take to arrive
 * @param allowedOrigins web origins besides the server's own from which browsers may connect
 */
public record SocketLimits(
    int maxStreams,
    int maxMessageBytes,
    Duration pingInterval,
    Duration lifetime,
    Duration messageTimeout,
    Set<String> allowedOrigins) {
  public SocketLimits {
    allowedOrigins = Set.copyOf(allowedOrigins);
    if (maxStreams < 1 || maxMessageBytes < 1) {
      throw new IllegalArgumentException(
          "the limits of a WebSocket must be positive, not "
              + maxStreams
              + " streams and "
              + maxMessageBytes
              + " bytes");
    }
  }
}
