package io.adaspec.api.openai;

/** A prompt before tokenizing. */
sealed interface Prompt {
  /** Text, with control tokens by their names. */
  record Text(String text) implements Prompt {}

  /** Token ids as the client gave them. */
  record Tokens(int[] ids) implements Prompt {}
}
