package io.adaspec.api.cli;

import io.adaspec.api.ServerSettings;
import io.adaspec.api.http.ApiKey;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Where and for whom to serve. */
final class ServerOptions {
  private static final String KEYS_VARIABLE = "ADASPEC_API_KEYS";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec mixee = CommandSpec.create();

  @Option(
      names = "--host",
      paramLabel = "HOST",
      description = "Interface to listen on; 0.0.0.0 for all. Default: 127.0.0.1.")
  private String host = ServerSettings.defaults().host();

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "Port to listen on; 0 for any free one. Default: 8080.")
  private int port = ServerSettings.defaults().port();

  @Option(
      names = {"--api-key", "--api-keys"},
      paramLabel = "KEY",
      split = ",",
      description =
          "Accept this key; may be given several times or as a list with commas. Other users of the"
              + " machine can see it; the environment variable "
              + KEYS_VARIABLE
              + " takes a list they cannot see. Default: everybody may use the server.")
  private List<String> apiKeys = List.of();

  ServerOptions() {}

  /** The server's settings: address and keys from here, limits from the file of settings. */
  ServerSettings settings(EngineConfig config) {
    try {
      ServerSettings server = config.server();
      Stream<ApiKey> keys = Stream.concat(apiKeys.stream(), environmentKeys()).map(ApiKey::of);
      return server
          .withAddress(host, port)
          .withKeys(Stream.concat(server.apiKeys().stream(), keys).toList());
    } catch (IllegalArgumentException e) {
      throw new ParameterException(mixee.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  private static Stream<String> environmentKeys() {
    return Optional.ofNullable(System.getenv(KEYS_VARIABLE)).stream()
        .flatMap(keys -> Stream.of(keys.split(",", -1)))
        .map(String::strip)
        .filter(key -> !key.isEmpty());
  }
}
