package io.adaspec.runtime.device.sim;

/** Decides which draft tokens are right and what the draft believes of them; pure. */
sealed interface DraftModel permits DraftModel.Drawn, RecordedAcceptance {
  /**
   * One draft token.
   *
   * @param right whether the target would say the same
   * @param confidence the draft's probability of it
   */
  record Guess(boolean right, float confidence) {
    private static final double MOST_LOST = 0.15;
    private static final double HALF_LIFE_TOKENS = 64;
    private static final long DRAW = 0x72656164L;

    /**
     * The same of a draft that has read the last tokens of the text alone: it loses a share of
     * {@code 0.15 · 2^(−tokens/64)}. The bundled pair loses nothing from 32 tokens on; larger
     * drafts are assumed to make more of what they read.
     */
    Guess having(int readTokens, long text) {
      double lost = MOST_LOST * Math.pow(2, -readTokens / HALF_LIFE_TOKENS);
      return new Guess(
          right && Hashing.unit(text ^ DRAW) >= lost, (float) (confidence * (1 - lost)));
    }
  }

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
