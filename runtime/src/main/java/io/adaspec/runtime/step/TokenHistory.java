package io.adaspec.runtime.step;

/**
 * The known tokens of a sequence at one moment: a view of an append-only array, so that a step plan
 * costs no copy.
 */
public final class TokenHistory {
  private final int[] tokens;
  private final int size;

  /**
   * @param tokens [at least size] never changed below {@code size} again
   * @param size known tokens
   */
  public TokenHistory(int[] tokens, int size) {
    if (size < 0 || size > tokens.length) {
      throw new IllegalArgumentException(
          "history of " + size + " tokens over an array of " + tokens.length);
    }
    this.tokens = tokens;
    this.size = size;
  }

  public int size() {
    return size;
  }

  public int get(int index) {
    if (index < 0 || index >= size) {
      throw new IndexOutOfBoundsException("token " + index + " of a history of " + size);
    }
    return tokens[index];
  }
}
