package io.adaspec.runtime.speculation;

/**
 * The acceptance rates of SmartSpec, folded from steps.
 *
 * @param drafted draft tokens verified since the start
 * @param accepted of these, kept
 * @param steps speculative steps since the start
 * @param moving the upstream branch's moving rate
 * @param upstreamRate {@code moving} as it was at the last multiple of {@value #REFRESH_STEPS}
 *     steps
 */
public record SmartSpecRates(
    long drafted, long accepted, long steps, double moving, double upstreamRate) {
  private static final double INITIAL = 0.7;
  private static final double RESET_BELOW = 0.3;
  private static final double RESET_TO = 0.65;
  private static final double KEEP = 0.85;
  private static final int REFRESH_STEPS = 20;

  /** Before the first step. */
  public static SmartSpecRates initial() {
    return new SmartSpecRates(0, 0, 0, INITIAL, INITIAL);
  }

  /** After a step that verified and accepted so many draft tokens; unchanged by plain ones. */
  public SmartSpecRates next(int verifiedNow, int acceptedNow) {
    if (verifiedNow == 0) {
      return this;
    }
    long allDrafted = drafted + verifiedNow;
    long allAccepted = accepted + acceptedNow;
    double next = KEEP * moving + (1 - KEEP) * allAccepted / allDrafted;
    long allSteps = steps + 1;
    return new SmartSpecRates(
        allDrafted,
        allAccepted,
        allSteps,
        next,
        allSteps % REFRESH_STEPS == 0 ? next : upstreamRate);
  }

  /** The rate with the constants of AdaSpec's fork. */
  public double forkRate() {
    if (drafted == 0) {
      return INITIAL;
    }
    double share = (double) accepted / drafted;
    return share < RESET_BELOW ? RESET_TO : share;
  }
}
