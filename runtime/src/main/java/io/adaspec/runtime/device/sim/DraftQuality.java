package io.adaspec.runtime.device.sim;

/**
 * How good a simulated draft model is, and how well it knows it.
 *
 * <p>A request is easy with probability {@code easyShare}, else hard. With log-odds λ(p) = ln(p /
 * (1 − p)) and independent standard normal z, drawn by hashing,
 *
 * <pre>
 *   μ_request = λ(easyAcceptance or hardAcceptance) + requestSpread · z
 *   p_token   = λ⁻¹(μ_request + tokenSpread · z)              the draft token is right with p_token
 *   c_token   = λ⁻¹(slope · λ(p_token) + bias + noise · z)    its confidence
 * </pre>
 *
 * <p>So confidence is correlated with acceptance, but neither calibrated (a positive bias is
 * overconfidence, a slope below 1 flattens) nor exact (noise).
 *
 * @param easyShare share of easy requests
 * @param easyAcceptance median acceptance of an easy request's tokens
 * @param hardAcceptance median acceptance of a hard request's tokens
 * @param requestSpread standard deviation between requests of a kind, in log-odds
 * @param tokenSpread standard deviation between tokens of a request, in log-odds
 * @param slope of confidence over acceptance, in log-odds
 * @param bias of confidence, in log-odds
 * @param noise of confidence, standard deviation in log-odds
 */
public record DraftQuality(
    double easyShare,
    double easyAcceptance,
    double hardAcceptance,
    double requestSpread,
    double tokenSpread,
    double slope,
    double bias,
    double noise) {
  private static final double LEAST = 1e-4;

  public DraftQuality {
    boolean shares = isShare(easyShare) && isShare(easyAcceptance) && isShare(hardAcceptance);
    if (!shares || !(requestSpread >= 0) || !(tokenSpread >= 0) || !(noise >= 0)) {
      throw new IllegalArgumentException(
          "simulated draft: easy share "
              + easyShare
              + " and acceptance "
              + easyAcceptance
              + " and "
              + hardAcceptance
              + " must be 0 to 1, spreads "
              + requestSpread
              + ", "
              + tokenSpread
              + " and noise "
              + noise
              + " not negative");
    }
  }

  private static boolean isShare(double value) {
    return value >= 0 && value <= 1;
  }

  /** Requests much alike, with this median acceptance, and a somewhat overconfident draft. */
  static DraftQuality around(double acceptance) {
    return new DraftQuality(0.5, acceptance, acceptance, 0.4, 0.8, 0.9, 0.3, 0.4);
  }

  /**
   * Probability that the draft token is right.
   *
   * @param request key of the request
   * @param text key of the text before the token
   */
  double acceptance(long request, long text) {
    boolean easy = Hashing.unit(request ^ 0x65617379L) < easyShare;
    double mean = logOdds(easy ? easyAcceptance : hardAcceptance);
    double logOdds =
        mean
            + requestSpread * Hashing.normal(request)
            + tokenSpread * Hashing.normal(text ^ 0x746f6b656eL);
    return logistic(logOdds);
  }

  /** What the draft believes of a token of that acceptance. */
  float confidence(double acceptance, long text) {
    double blur = noise * Hashing.normal(text ^ 0x626c7572L);
    return (float) logistic(slope * logOdds(acceptance) + bias + blur);
  }

  private static double logOdds(double p) {
    double inner = Math.clamp(p, LEAST, 1 - LEAST);
    return Math.log(inner / (1 - inner));
  }

  private static double logistic(double logOdds) {
    return 1 / (1 + Math.exp(-logOdds));
  }
}
