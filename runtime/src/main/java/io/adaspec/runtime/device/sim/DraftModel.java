package io.adaspec.runtime.device.sim;

/** Decides which draft tokens are right and what the draft believes of them; pure. */
sealed interface DraftModel permits DraftModel.Drawn, RecordedAcceptance {
  /**
   * One draft token.
   *
   * @param right whether the target would say the same
   * @param confidence the draft's probability of it
   */
  record Guess(boolean right, float confidence) {}

  /**
   * The token at {@code position} of the text.
   *
   * @param request key of the request
   * @param text key of the text before the token
   */
  Guess guess(long request, long text, int position);

  /** Drawn from a distribution. */
  record Drawn(DraftQuality quality) implements DraftModel {
    private static final long DRAW = 0x6472616674000001L;

    @Override
    public Guess guess(long request, long text, int position) {
      double acceptance = quality.acceptance(request, text);
      boolean right = Hashing.unit(text ^ DRAW) < acceptance;
      return new Guess(right, quality.confidence(acceptance, text));
    }
  }
}
