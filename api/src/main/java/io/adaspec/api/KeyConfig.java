package io.adaspec.api;

import com.typesafe.config.Config;
import io.adaspec.api.http.ApiKey;
import io.adaspec.api.http.KeyRights;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** API keys as HOCON, the list {@code adaspec.server.api-keys}. */
final class KeyConfig {
  private static final Set<String> KNOWN =
      Set.of(
          "key",
          "sha256",
          "classes",
          "max-requests",
          "max-draft-tokens",
          "min-ttft",
          "min-tpot",
          "admin");

  private final Config config;

  private KeyConfig(Config config) {
    this.config = config;
  }

  /**
   * All keys of a list.
   *
   * @throws IllegalArgumentException saying what is wrong with which entry; it never tells a key
   */
  static List<ApiKey> read(List<? extends Config> list) {
    return Stream.iterate(0, i -> i < list.size(), i -> i + 1)
        .map(
            i -> {
              try {
                return new KeyConfig(list.get(i)).key();
              } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                    "adaspec.server.api-keys, entry " + (i + 1) + ": " + e.getMessage(), e);
              }
            })
        .toList();
  }

  private ApiKey key() {
    config.root().keySet().stream()
        .filter(name -> !KNOWN.contains(name))
        .findFirst()
        .ifPresent(
            name -> {
              throw new IllegalArgumentException("there is no setting " + name);
            });
    if (config.hasPath("key") == config.hasPath("sha256")) {
      throw new IllegalArgumentException("give either key or sha256, and not both");
    }
    return config.hasPath("key")
        ? ApiKey.of(config.getString("key"), rights())
        : new ApiKey(config.getString("sha256").toLowerCase(Locale.ROOT), rights());
  }

  private KeyRights rights() {
    KeyRights all = KeyRights.ALL;
    return new KeyRights(
        value("classes", this::classes).orElse(all.classes()),
        value("max-requests", config::getInt).orElse(all.maxRequests()),
        value("max-draft-tokens", config::getInt).orElse(all.maxDraftTokens()),
        new SloTarget(nanos("min-ttft"), nanos("min-tpot")),
        value("admin", config::getBoolean).orElse(false));
  }

  private Set<ServiceClass> classes(String path) {
    return config.getStringList(path).stream()
        .map(KeyConfig::serviceClass)
        .collect(Collectors.toSet());
  }

  private static ServiceClass serviceClass(String name) {
    return Stream.of(ServiceClass.values())
        .filter(each -> each.name().toLowerCase(Locale.ROOT).equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "there is no service class "
                        + name
                        + "; there are interactive, standard and batch"));
  }

  private long nanos(String path) {
    return value(path, config::getDuration).map(Duration::toNanos).orElse(1L);
  }

  private <T> Optional<T> value(String path, Function<String, T> read) {
    return config.hasPath(path) ? Optional.of(read.apply(path)) : Optional.empty();
  }
}
