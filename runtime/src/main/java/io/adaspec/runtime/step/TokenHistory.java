package io.adaspec.runtime.step;

import java.util.Arrays;

/**
 * The known tokens of a sequence at one moment: a view of an append-only array, so that a step plan
 * costs no copy.
 */
public final class TokenHistory {
  private final int[] tokens;
  private final int size;
  private final int promptTokens;

  /** A prompt without output. */
  public TokenHistory(int[] tokens, int size) {
    this(tokens, size, size);
  }

  /**
   * @param tokens [at least size] never changed below {@code size} again
   * @param size known tokens
   * @param promptTokens how many of them are the prompt; the others are output
   */
  public TokenHistory(int[] tokens, int size, int promptTokens) {
    if (size < 0 || size > tokens.length) {
      throw new IllegalArgumentException(
          "history of " + size + " tokens over an array of " + tokens.length);
    }
    if (promptTokens < 0 || promptTokens > size) {
      throw new IllegalArgumentException(
          "a prompt of " + promptTokens + " in a history of " + size + " tokens");
    }
    this.tokens = tokens;
    this.size = size;
    this.promptTokens = promptTokens;
  }

  public int size() {
    return size;
  }

  /** The first tokens that are the prompt. */
  public int promptTokens() {
    return promptTokens;
  }

  /**
   * Whether the first {@code count} tokens are those.
   *
   * @param other [at least count]
   */
  public boolean startsWith(int[] other, int count) {
    return count <= size && Arrays.equals(tokens, 0, count, other, 0, count);
  }

  public int get(int index) {
    if (index < 0 || index >= size) {
      throw new IndexOutOfBoundsException("token " + index + " of a history of " + size);
    }
    return tokens[index];
  }
}
