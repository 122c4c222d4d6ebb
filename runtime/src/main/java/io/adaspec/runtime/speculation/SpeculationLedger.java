package io.adaspec.runtime.speculation;

/**
 * Holds speculation to the promise of never being slower than plain decoding.
 *
 * <p>Every step with drafts is compared with what plain decoding would have needed for the same
 * tokens, see {@link StepGains}. The ledger receives the gain, and {@value #ALLOWANCE} of the time
 * of every step; it holds at most {@value #CAPACITY_STEPS} mean steps. While it is negative the
 * next step is plain. While plain decoding is chosen for its prediction alone, a step explores now
 * and then, when the ledger can pay for it, so that acceptance and times stay known; while
 * speculation goes on, a step is plain now and then for the same reason, and hardly ever while it
 * gains more than {@value #SURE_GAIN} of its time, which no error of a plain step's prediction
 * outweighs. Neither drafting nor exploring may cost more for draft KV that lags than the ledger
 * holds ({@link SloStrategy}). Hence over any long window the loss is at most about twice {@value
 * #ALLOWANCE} of the time, and a single step.
 *
 * @param balanceNanos what may still be lost
 * @param gainNanos all gains since the start
 * @param meanStepNanos moving mean of step times
 * @param sincePlain steps since the last plain one
 * @param sinceDrafts steps since the last one with drafts
 * @param gainShare moving mean of gain ÷ time over steps with drafts
 * @param explorations how often exploring showed no gain in a row; stretches the pauses between
 */
public record SpeculationLedger(
    double balanceNanos,
    double gainNanos,
    double meanStepNanos,
    int sincePlain,
    int sinceDrafts,
    double gainShare,
    int explorations) {
  private static final double ALLOWANCE = 0.01;
  private static final int CAPACITY_STEPS = 10;
  private static final double MEAN_WEIGHT = 0.05;
  private static final int EXPLORE_EVERY = 32;
  private static final int MOST_STRETCH = 4;
  private static final int PLAIN_EVERY = 128;
  private static final int SURE_PLAIN_EVERY = 2048;
  private static final double SURE_GAIN = 0.3;

  /** What the next step is for. */
  public enum Mode {
    /** Whatever is predicted to be best. */
    BEST,
    /** Plain decoding, because speculation has not paid. */
    PLAIN,
    /** A few drafts whatever is predicted, to learn. */
    EXPLORE
  }

  /** Before the first step. */
  public static SpeculationLedger initial() {
    return new SpeculationLedger(0, 0, 0, 0, 0, 0, 0);
  }

  /** What the next step is for. */
  public Mode mode() {
    if (balanceNanos < 0 || sincePlain >= (isSure() ? SURE_PLAIN_EVERY : PLAIN_EVERY)) {
      return Mode.PLAIN;
    }
    int pause = EXPLORE_EVERY << Math.min(explorations, MOST_STRETCH);
    boolean affordable = balanceNanos >= meanStepNanos / 4;
    return sinceDrafts >= pause && affordable ? Mode.EXPLORE : Mode.BEST;
  }

  /** Whether speculation gains so much that no error of a prediction could outweigh it. */
  boolean isSure() {
    return gainShare > SURE_GAIN;
  }

  /**
   * After one step.
   *
   * @param cost the model as corrected so far
   */
  public SpeculationLedger next(StepReport report, CostModel cost) {
    double total = report.totalNanos();
    double mean =
        meanStepNanos == 0 ? total : meanStepNanos + MEAN_WEIGHT * (total - meanStepNanos);
    double before = meanStepNanos == 0 ? CAPACITY_STEPS * total : balanceNanos;
    boolean drafts = report.draftPasses() > 0 || report.verifiedTokens() > 0;
    double gain = drafts ? StepGains.of(report, cost).totalNanos() : 0;
    boolean explored = drafts && sinceDrafts >= EXPLORE_EVERY;
    int unsuccessful = drafts ? (explored && gain <= 0 ? explorations + 1 : 0) : explorations;
    return new SpeculationLedger(
        Math.min(CAPACITY_STEPS * mean, before + gain + ALLOWANCE * total),
        gainNanos + gain,
        mean,
        drafts ? sincePlain + 1 : 0,
        drafts ? 0 : sinceDrafts + 1,
        drafts ? gainShare + MEAN_WEIGHT * (gain / total - gainShare) : gainShare,
        unsuccessful);
  }
}
