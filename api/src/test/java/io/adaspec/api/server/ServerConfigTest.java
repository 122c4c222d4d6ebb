package io.adaspec.api.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.adaspec.api.ServerConfig;
import io.adaspec.api.ServerSettings;
import io.adaspec.api.http.ApiKey;
import io.adaspec.api.http.KeyRights;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServerConfigTest {
  @Test
  void theDocumentedDefaultsAreTheServers() {
    assertThat(read("")).isEqualTo(ServerSettings.defaults());
  }

  @Test
  void everyLimitCanBeSet() {
    ServerSettings settings =
        read(
            """
            max-body-bytes = 1 MiB, max-bodies-bytes = 3 MiB
            max-prompt-tokens = 500, max-choices = 2, isolate-keys = false
            connections {
              max = 7, max-headers = 9, max-header-bytes = 1 KiB
              body-timeout = 1s, request-timeout = 2s, idle-timeout = 3s
            }
            websocket {
              max-streams = 3, max-message-bytes = 2 KiB, message-timeout = 4s, ping-interval = 5s
              lifetime = 6s, allowed-origins = ["https://example.org"]
            }
            ping-interval = 7s, head-patience = 8s
            """);
    assertThat(settings.connections())
        .isEqualTo(
            new ServerSettings.ConnectionLimits(
                7,
                1 << 20,
                3 << 20,
                Duration.ofSeconds(1),
                Duration.ofSeconds(2),
                Duration.ofSeconds(3),
                1 << 10,
                9));
    assertThat(settings.generation().maxPromptTokens()).isEqualTo(500);
    assertThat(settings.generation().maxChoices()).isEqualTo(2);
    assertThat(settings.isolatePrincipals()).isFalse();
    assertThat(settings.sockets().maxStreams()).isEqualTo(3);
    assertThat(settings.sockets().maxMessageBytes()).isEqualTo(2 << 10);
    assertThat(settings.sockets().messageTimeout()).isEqualTo(Duration.ofSeconds(4));
    assertThat(settings.sockets().pingInterval()).isEqualTo(Duration.ofSeconds(5));
    assertThat(settings.sockets().lifetime()).isEqualTo(Duration.ofSeconds(6));
    assertThat(settings.sockets().allowedOrigins()).containsExactly("https://example.org");
    assertThat(settings.pingInterval()).isEqualTo(Duration.ofSeconds(7));
    assertThat(settings.headPatience()).isEqualTo(Duration.ofSeconds(8));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "max-body-bytes = 0; adaspec.server.max-body-bytes",
        "max-body-bytes = 3 GiB; adaspec.server.max-body-bytes",
        "max-prompt-tokens = 0; adaspec.server.max-prompt-tokens",
        "max-prompt-tokens = many; max-prompt-tokens",
        "max-choices = -1; adaspec.server.max-choices must be at least 1, not -1",
        "connections.max = 0; adaspec.server.connections.max",
        "connections.idle-timeout = 0s; adaspec.server.connections.idle-timeout",
        "websocket.max-streams = 0; adaspec.server.websocket.max-streams",
        "websocket.lifetime = soon; websocket.lifetime",
        "isolate-keys = perhaps; isolate-keys"
      })
  void wrongValuesAreRefusedByName(String setting, String message) {
    assertThatThrownBy(() -> read(setting))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void keysHaveTheRightsThatTheirEntrySays() {
    ServerSettings settings =
        read(
            """
            api-keys = [
              { key = first, classes = [standard, batch], max-requests = 8, max-draft-tokens = 4,
                min-ttft = 300ms, min-tpot = 20ms }
              { sha256 = 16367AACB67A4A017C8DA8AB95682CCB390863780F7114DDA0A0E0C55644C7C4, admin = true }
            ]
            """);
    assertThat(settings.apiKeys())
        .containsExactly(
            ApiKey.of(
                "first",
                new KeyRights(
                    Set.of(ServiceClass.STANDARD, ServiceClass.BATCH),
                    8,
                    4,
                    new SloTarget(300_000_000, 20_000_000),
                    false)),
            ApiKey.of("second"));
    assertThat(settings.toString()).doesNotContain("first");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{ classes = [batch] }; entry 1: give either key or sha256",
        "{ key = a, sha256 = b }; entry 1: give either key or sha256",
        "{ sha256 = abc }; 64 hexadecimal digits",
        "{ key = a, max-request = 3 }; there is no setting max-request",
        "{ key = a, max-requests = 0 }; max-requests must be at least 1, not 0",
        "{ key = a, max-draft-tokens = 17 }; max-draft-tokens must be 0 to 16, not 17",
        "{ key = a, classes = [fast] }; there is no service class fast",
        "{ key = a, classes = [] }; at least one service class",
        "{ key = a, min-ttft = 0s }; positive",
        "{ key = a, admin = maybe }; admin",
        "{ key = a }, { key = a, max-requests = 2 }; given twice with different rights"
      })
  void wrongKeysAreRefused(String keys, String message) {
    assertThatThrownBy(() -> read("api-keys = [" + keys + "]"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  private static ServerSettings read(String settings) {
    Config server =
        ConfigFactory.parseString(settings)
            .withFallback(ConfigFactory.defaultReference().getConfig("adaspec.server"));
    return ServerConfig.read(server, ServerSettings.defaults().drainTimeout());
  }
}
