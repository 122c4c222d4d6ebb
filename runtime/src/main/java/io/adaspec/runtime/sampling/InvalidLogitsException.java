package io.adaspec.runtime.sampling;

/**
 * A model produced logits from which nothing can be chosen. A device turns it into its own failure.
 */
public final class InvalidLogitsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private InvalidLogitsException(String message) {
    super(message);
  }

  /**
   * Found by a device that keeps its logits.
   *
   * @param bad how many are not finite
   * @param position of the token they are for
   */
  public static InvalidLogitsException at(int bad, int vocabulary, int position) {
    return new InvalidLogitsException(
        bad
            + " of "
            + vocabulary
            + " logits for position "
            + position
            + " are not finite; check the model's weights, or its element type for overflow");
  }

  static InvalidLogitsException at(float[] logits, int offset, int vocabulary, int position) {
    int bad = 0;
    int first = -1;
    for (int token = vocabulary - 1; token >= 0; token--) {
      if (!Float.isFinite(logits[offset + token])) {
        bad++;
        first = token;
      }
    }
    return new InvalidLogitsException(
        bad
            + " of "
            + vocabulary
            + " logits"
            + (position >= 0 ? " for position " + position : "")
            + " are not finite (token "
            + first
            + ": "
            + logits[offset + first]
            + "); check the model's weights, or its element type for overflow");
  }
}
