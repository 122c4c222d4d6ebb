package io.adaspec.api.openai;

import java.security.SecureRandom;
import java.util.HexFormat;

/** Names answers so that nobody can guess another's. Thread-safe. */
public final class AnswerIds {
  private static final int BYTES = 15;

  private final SecureRandom random = new SecureRandom();

  /** A fresh id, for example {@code cmpl-5f…}. */
  public String next(String prefix) {
    byte[] bytes = new byte[BYTES];
    random.nextBytes(bytes);
    return prefix + HexFormat.of().formatHex(bytes);
  }
}
