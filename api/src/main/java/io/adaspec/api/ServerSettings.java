package io.adaspec.api;

import io.adaspec.api.openai.GenerationLimits;
import io.adaspec.api.responses.SocketLimits;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * Everything about the server that can be set. Start from {@link #defaults} and change what differs
 * with the {@code with} methods.
 *
 * @param host interface to listen on
 * @param port port to listen on; 0 for any free one
 * @param apiKeys accepted keys; none means that everybody may use the server
 * @param isolatePrincipals whether prefix-cache entries are shared only within one key
 * @param connections limits of connections and messages
 * @param generation limits of one request
 * @param sockets limits of one WebSocket
 * @param pingInterval how long a stream of server-sent events may be silent before a comment is
 *     sent
 * @param headPatience how long the head of a streamed answer waits for the first token, so that a
 *     refusal gets its status code
 * @param drainTimeout how long running answers may take when the server stops
 */
public record ServerSettings(
    String host,
    int port,
    List<String> apiKeys,
    boolean isolatePrincipals,
    ConnectionLimits connections,
    GenerationLimits generation,
    SocketLimits sockets,
    Duration pingInterval,
    Duration headPatience,
    Duration drainTimeout) {

  private static final int MAX_PORT = 65_535;

  public ServerSettings {
    apiKeys = List.copyOf(apiKeys);
    if (port < 0 || port > MAX_PORT) {
      throw new IllegalArgumentException("the port must be 0 to " + MAX_PORT + ", not " + port);
    }
    if (apiKeys.stream().anyMatch(String::isBlank)) {
      throw new IllegalArgumentException("an API key is blank; leave it out");
    }
  }

  /**
   * Bounds of one connection.
   *
   * @param maxConnections open at once
   * @param maxBodyBytes largest request body
   * @param maxBodiesBytes bytes that all requests being read may hold together
   * @param bodyTimeout longest time that a body may take to arrive
   * @param requestTimeout longest time without a running request, after which the connection is
   *     closed: between two requests, and for the head of one
   * @param idleTimeout after which a connection without any byte is dropped; longer than the
   *     longest answer that is not streamed
   * @param maxHeaderBytes longest value of one header
   * @param maxHeaders most headers of one request
   */
  public record ConnectionLimits(
      int maxConnections,
      long maxBodyBytes,
      long maxBodiesBytes,
      Duration bodyTimeout,
      Duration requestTimeout,
      Duration idleTimeout,
      int maxHeaderBytes,
      int maxHeaders) {
    public ConnectionLimits {
      if (maxBodiesBytes < maxBodyBytes) {
        throw new IllegalArgumentException(
            "max-bodies-bytes must be at least max-body-bytes, "
                + maxBodyBytes
                + ", not "
                + maxBodiesBytes);
      }
      if (maxConnections < 1 || maxBodyBytes < 1 || maxHeaderBytes < 1 || maxHeaders < 1) {
        throw new IllegalArgumentException(
            "the limits of connections must be positive, not "
                + maxConnections
                + " connections, "
                + maxBodyBytes
                + " body bytes, "
                + maxHeaderBytes
                + " header bytes, "
                + maxHeaders
                + " headers");
      }
    }
  }

  /** Port 8080 on the loopback interface, no keys. */
  public static ServerSettings defaults() {
    return new ServerSettings(
        "127.0.0.1",
        8080,
        List.of(),
        true,
        new ConnectionLimits(
            1024,
            4L << 20,
            64L << 20,
            Duration.ofSeconds(30),
            Duration.ofSeconds(75),
            Duration.ofMinutes(15),
            8192,
            64),
        new GenerationLimits(16, Integer.MAX_VALUE),
        new SocketLimits(
            32,
            1 << 20,
            Duration.ofSeconds(15),
            Duration.ofMinutes(60),
            Duration.ofSeconds(30),
            Set.of()),
        Duration.ofSeconds(15),
        Duration.ofSeconds(1),
        Duration.ofSeconds(30));
  }

  public ServerSettings withAddress(String newHost, int newPort) {
    return new ServerSettings(
        newHost,
        newPort,
        apiKeys,
        isolatePrincipals,
        connections,
        generation,
        sockets,
        pingInterval,
        headPatience,
        drainTimeout);
  }

  /** Accepts these keys alone. */
  public ServerSettings withApiKeys(List<String> keys) {
    return new ServerSettings(
        host,
        port,
        keys,
        isolatePrincipals,
        connections,
        generation,
        sockets,
        pingInterval,
        headPatience,
        drainTimeout);
  }

  /** Whether requests of different keys share no prefix-cache entries. */
  public ServerSettings withIsolatedKeys(boolean isolate) {
    return new ServerSettings(
        host,
        port,
        apiKeys,
        isolate,
        connections,
        generation,
        sockets,
        pingInterval,
        headPatience,
        drainTimeout);
  }

  public ServerSettings withConnections(ConnectionLimits limits) {
    return new ServerSettings(
        host,
        port,
        apiKeys,
        isolatePrincipals,
        limits,
        generation,
        sockets,
        pingInterval,
        headPatience,
        drainTimeout);
  }

  public ServerSettings withGeneration(GenerationLimits limits) {
    return new ServerSettings(
        host,
        port,
        apiKeys,
        isolatePrincipals,
        connections,
        limits,
        sockets,
        pingInterval,
        headPatience,
        drainTimeout);
  }

  public ServerSettings withSockets(SocketLimits limits) {
    return new ServerSettings(
        host,
        port,
        apiKeys,
        isolatePrincipals,
        connections,
        generation,
        limits,
        pingInterval,
        headPatience,
        drainTimeout);
  }

  /** Other times: comments on silent streams, patience for the first token, drain. */
  public ServerSettings withTimes(Duration ping, Duration patience, Duration drain) {
    return new ServerSettings(
        host,
        port,
        apiKeys,
        isolatePrincipals,
        connections,
        generation,
        sockets,
        ping,
        patience,
        drain);
  }
}
