package io.adaspec.api;

import io.adaspec.api.http.ApiKey;
import io.adaspec.api.openai.GenerationLimits;
import io.adaspec.api.responses.SocketLimits;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

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
    List<ApiKey> apiKeys,
    boolean isolatePrincipals,
    ConnectionLimits connections,
    GenerationLimits generation,
    SocketLimits sockets,
    Duration pingInterval,
    Duration headPatience,
    Duration drainTimeout) {

  private static final int MAX_PORT = 65_535;

  public ServerSettings {
    apiKeys = apiKeys.stream().distinct().toList();
    if (port < 0 || port > MAX_PORT) {
      throw new IllegalArgumentException("the port must be 0 to " + MAX_PORT + ", not " + port);
    }
    if (apiKeys.stream().map(ApiKey::sha256).distinct().count() < apiKeys.size()) {
      throw new IllegalArgumentException(
          "an API key is given twice with different rights; leave one of them out");
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
    return with(
        draft -> {
          draft.host = newHost;
          draft.port = newPort;
        });
  }

  /** Accepts these keys alone, each for everything. */
  public ServerSettings withApiKeys(List<String> keys) {
    return withKeys(keys.stream().map(ApiKey::of).toList());
  }

  /** Accepts these keys alone, each with its rights. */
  public ServerSettings withKeys(List<ApiKey> keys) {
    return with(draft -> draft.apiKeys = keys);
  }

  /** Whether requests of different keys share no prefix-cache entries. */
  public ServerSettings withIsolatedKeys(boolean isolate) {
    return with(draft -> draft.isolatePrincipals = isolate);
  }

  public ServerSettings withConnections(ConnectionLimits limits) {
    return with(draft -> draft.connections = limits);
  }

  public ServerSettings withGeneration(GenerationLimits limits) {
    return with(draft -> draft.generation = limits);
  }

  public ServerSettings withSockets(SocketLimits limits) {
    return with(draft -> draft.sockets = limits);
  }

  /** Other times: comments on silent streams, patience for the first token, drain. */
  public ServerSettings withTimes(Duration ping, Duration patience, Duration drain) {
    return with(
        draft -> {
          draft.pingInterval = ping;
          draft.headPatience = patience;
          draft.drainTimeout = drain;
        });
  }

  private ServerSettings with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.settings();
  }

  /** The same fields, free to change: the one place that copies them. */
  private static final class Draft {
    private String host;
    private int port;
    private List<ApiKey> apiKeys;
    private boolean isolatePrincipals;
    private ConnectionLimits connections;
    private GenerationLimits generation;
    private SocketLimits sockets;
    private Duration pingInterval;
    private Duration headPatience;
    private Duration drainTimeout;

    Draft(ServerSettings of) {
      host = of.host;
      port = of.port;
      apiKeys = of.apiKeys;
      isolatePrincipals = of.isolatePrincipals;
      connections = of.connections;
      generation = of.generation;
      sockets = of.sockets;
      pingInterval = of.pingInterval;
      headPatience = of.headPatience;
      drainTimeout = of.drainTimeout;
    }

    ServerSettings settings() {
      return new ServerSettings(
          host,
          port,
          apiKeys,
          isolatePrincipals,
          connections,
          generation,
          sockets,
          pingInterval,
          headPatience,
          drainTimeout);
    }
  }
}
