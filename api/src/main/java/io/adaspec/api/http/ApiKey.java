package io.adaspec.api.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * An accepted key, by its hash.
 *
 * @param sha256 hash of the key, 64 hexadecimal digits
 * @param rights what may be asked for with it
 */
public record ApiKey(String sha256, KeyRights rights) {
  private static final Pattern DIGITS = Pattern.compile("[0-9a-f]{64}");

  public ApiKey {
    if (!DIGITS.matcher(sha256).matches()) {
      throw new IllegalArgumentException(
          "the SHA-256 hash of an API key has 64 hexadecimal digits in lower case");
    }
  }

  /**
   * A key in clear text.
   *
   * @throws IllegalArgumentException if it is blank
   */
  public static ApiKey of(String key, KeyRights rights) {
    if (key.isBlank()) {
      throw new IllegalArgumentException("an API key is blank; leave it out");
    }
    return new ApiKey(HexFormat.of().formatHex(hash(key)), rights);
  }

  /** A key that may ask for everything. */
  public static ApiKey of(String key) {
    return of(key, KeyRights.ALL);
  }

  static byte[] hash(String key) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }
}
