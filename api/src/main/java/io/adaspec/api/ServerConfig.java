package io.adaspec.api;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import io.adaspec.api.ServerSettings.ConnectionLimits;
import io.adaspec.api.openai.GenerationLimits;
import io.adaspec.api.responses.SocketLimits;
import java.time.Duration;
import java.util.Set;

/**
 * The server's limits and times as HOCON, the section {@code adaspec.server}. Their meaning stands
 * in the module's {@code reference.conf}.
 */
public final class ServerConfig {
  private static final String SECTION = "adaspec.server.";

  private final Config server;

  private ServerConfig(Config server) {
    this.server = server;
  }

  /**
   * Reads a section that has all defaults. The address is that of {@link ServerSettings#defaults}.
   *
   * @param drainTimeout how long running answers may take when the server stops
   * @throws IllegalArgumentException naming the setting that is of the wrong type or out of range
   */
  public static ServerSettings read(Config server, Duration drainTimeout) {
    try {
      return new ServerConfig(server).settings(drainTimeout);
    } catch (ConfigException e) {
      throw new IllegalArgumentException("invalid adaspec.server: " + e.getMessage(), e);
    }
  }

  private ServerSettings settings(Duration drainTimeout) {
    return ServerSettings.defaults()
        .withKeys(KeyConfig.read(server.getConfigList("api-keys")))
        .withIsolatedKeys(server.getBoolean("isolate-keys"))
        .withConnections(connections())
        .withGeneration(
            new GenerationLimits(atLeastOne("max-choices"), orUnlimited("max-prompt-tokens")))
        .withSockets(sockets())
        .withTimes(time("ping-interval"), time("head-patience"), drainTimeout);
  }

  private ConnectionLimits connections() {
    return new ConnectionLimits(
        atLeastOne("connections.max"),
        bytes("max-body-bytes"),
        bytes("max-bodies-bytes"),
        time("connections.body-timeout"),
        time("connections.request-timeout"),
        time("connections.idle-timeout"),
        bytes("connections.max-header-bytes"),
        atLeastOne("connections.max-headers"));
  }

  private SocketLimits sockets() {
    return new SocketLimits(
        atLeastOne("websocket.max-streams"),
        bytes("websocket.max-message-bytes"),
        time("websocket.ping-interval"),
        time("websocket.lifetime"),
        time("websocket.message-timeout"),
        Set.copyOf(server.getStringList("websocket.allowed-origins")));
  }

  private int atLeastOne(String path) {
    int value = server.getInt(path);
    if (value < 1) {
      throw new IllegalArgumentException(SECTION + path + " must be at least 1, not " + value);
    }
    return value;
  }

  private int orUnlimited(String path) {
    return server.getString(path).equals("off") ? Integer.MAX_VALUE : atLeastOne(path);
  }

  private int bytes(String path) {
    long value = server.getBytes(path);
    if (value < 1 || value > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          SECTION + path + " must be 1 byte to 2 GiB, not " + value + " bytes");
    }
    return (int) value;
  }

  private Duration time(String path) {
    Duration value = server.getDuration(path);
    if (!value.isPositive()) {
      throw new IllegalArgumentException(SECTION + path + " must be positive, not " + value);
    }
    return value;
  }
}
