package io.adaspec.runtime.text;

/** What a token of a vocabulary is for. */
public enum TokenKind {
  /** Ordinary text. */
  NORMAL,
  /** Stands for text that the vocabulary cannot express. */
  UNKNOWN,
  /** Has a meaning and no text, such as the end of a turn. */
  CONTROL,
  /** Text that is always one token. */
  USER_DEFINED,
  /** A free place. */
  UNUSED,
  /** One byte, written {@code <0x0A>}. */
  BYTE;

  /** Whether the token has no text of its own. */
  boolean silent() {
    return this == CONTROL || this == UNKNOWN;
  }
}
