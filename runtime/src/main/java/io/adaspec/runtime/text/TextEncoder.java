package io.adaspec.runtime.text;

/** Encodes text that holds no special tokens. Thread-safe. */
interface TextEncoder {
  /**
   * Appends the ids of a piece of text.
   *
   * @param afterSpecial whether the piece stands at the beginning or behind a special token
   */
  void encode(CharSequence text, int start, int end, boolean afterSpecial, IdBuffer out);
}
