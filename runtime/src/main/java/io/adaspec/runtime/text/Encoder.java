package io.adaspec.runtime.text;

/** The encoding half of a {@link Tokenizer}. Thread-safe. */
interface Encoder {
  /** See {@link Tokenizer#encode}. */
  int[] encode(String text, boolean addSpecial, boolean parseSpecial);
}
