package io.adaspec.api.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.pekko.http.javadsl.model.HttpRequest;

/**
 * The accepted keys. Only their SHA-256 hashes are held; a presented key is hashed and compared
 * with every one of them in constant time.
 *
 * <p>A key comes as {@code Authorization: Bearer KEY}, as the password of {@code Authorization:
 * Basic} (so that browsers can ask for it), or, for WebSocket clients in browsers, as sub-protocol
 * {@code openai-insecure-api-key.KEY}.
 */
public final class ApiKeys {
  private static final String SUB_PROTOCOL = "openai-insecure-api-key.";
  private static final int NAME_DIGITS = 12;

  private final List<Accepted> accepted;

  /** A key that is accepted, whom it speaks for and what it may do. */
  private record Accepted(byte[] hash, Grant grant) {
    static Accepted of(ApiKey key) {
      return new Accepted(
          HexFormat.of().parseHex(key.sha256()),
          new Grant(
              new Principal("key-" + key.sha256().substring(0, NAME_DIGITS)),
              new Allowance(key.rights())));
    }
  }

  /** Accepts {@code keys}; none of them means that everybody may use everything. */
  public ApiKeys(List<ApiKey> keys) {
    accepted = keys.stream().map(Accepted::of).toList();
  }

  /** What a request may do; empty if it must be refused. */
  Optional<Grant> authenticate(HttpRequest request) {
    if (accepted.isEmpty()) {
      return Optional.of(Grant.EVERYBODY);
    }
    return presented(request).map(this::grant).flatMap(Optional::stream).findFirst();
  }

  private Optional<Grant> grant(String key) {
    byte[] presented = ApiKey.hash(key);
    Optional<Grant> known = Optional.empty();
    for (Accepted each : accepted) {
      if (MessageDigest.isEqual(each.hash(), presented)) {
        known = Optional.of(each.grant());
      }
    }
    return known;
  }

  private static Stream<String> presented(HttpRequest request) {
    Stream<String> authorization = header(request, "authorization").flatMap(ApiKeys::credentials);
    Stream<String> subProtocols =
        header(request, "sec-websocket-protocol")
            .flatMap(value -> Stream.of(value.split(",", -1)))
            .map(String::strip)
            .filter(value -> value.startsWith(SUB_PROTOCOL))
            .map(value -> value.substring(SUB_PROTOCOL.length()));
    return Stream.concat(authorization, subProtocols);
  }

  private static Stream<String> header(HttpRequest request, String name) {
    return request.getHeader(name).stream().map(header -> header.value());
  }

  private static Stream<String> credentials(String authorization) {
    int space = authorization.indexOf(' ');
    if (space < 0) {
      return Stream.empty();
    }
    String scheme = authorization.substring(0, space);
    String rest = authorization.substring(space + 1).strip();
    if (scheme.equalsIgnoreCase("Bearer")) {
      return Stream.of(rest);
    }
    return scheme.equalsIgnoreCase("Basic") ? password(rest) : Stream.empty();
  }

  private static Stream<String> password(String base64) {
    try {
      String pair = new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
      return Stream.of(pair.substring(pair.indexOf(':') + 1));
    } catch (IllegalArgumentException e) {
      return Stream.empty();
    }
  }
}
