package io.adaspec.runtime.speculation;

import java.util.Arrays;

/**
 * {@code smartspec} and {@code smartspec:upstream}: one draft length for the batch, the k that
 * maximises {@code B · l(α, k) / T(k)} with {@code l(α, k) = (1 − α^(k+1)) / (1 − α)} expected
 * tokens per sequence and one global acceptance rate α (SmartSpec, arXiv 2406.14066).
 *
 * <p>Plain decoding is favoured by a factor {@value #PLAIN_BIAS}. The constants of AdaSpec's fork:
 * α is accepted ÷ drafted since the start, 0.65 where that is below 0.3, and all k are compared.
 * Those of the upstream branch: α moves by 0.15 towards that share and is looked at every 20 steps,
 * and the first k after which efficiency drops is taken.
 *
 * @param upstream which constants
 * @param drafter where the tokens come from
 * @param cap longest draft
 * @param state for α
 */
record SmartSpecStrategy(boolean upstream, DrafterKind drafter, int cap, ControllerState state)
    implements SpeculationStrategy {
  private static final double PLAIN_BIAS = 1.1;

  @Override
  public String spec() {
    return upstream ? "smartspec:upstream" : "smartspec";
  }

  @Override
  public DraftChoices choose(BatchView batch, CostModel cost) {
    StepEstimate estimate = new StepEstimate(batch, cost);
    double alpha = upstream ? state.smartSpec().upstreamRate() : state.smartSpec().forkRate();
    int bestLength = 0;
    double best = PLAIN_BIAS * estimate.samplers() / estimate.plainNanos();
    for (int k = 1; k <= cap; k++) {
      double efficiency = efficiency(estimate, k, alpha);
      if (efficiency > best) {
        best = efficiency;
        bestLength = k;
      } else if (upstream) {
        break;
      }
    }
    return DraftChoices.uniform(batch, drafter, bestLength);
  }

  @Override
  public boolean[] continueDrafting(BatchView batch, SurvivalTable survival, CostModel cost) {
    boolean[] all = new boolean[batch.size()];
    Arrays.fill(all, true);
    return all;
  }

  @Override
  public boolean decidesWhileDrafting() {
    return false;
  }

  @Override
  public int[] select(BatchView batch, SurvivalTable survival, CostModel cost) {
    return survival.draftedCounts();
  }

  @Override
  public boolean selectsByConfidence() {
    return false;
  }

  @Override
  public boolean needsConfidences() {
    return false;
  }

  private double efficiency(StepEstimate estimate, int k, double alpha) {
    BatchView batch = estimate.batch();
    int[] lengths = new int[batch.size()];
    int rows = 0;
    long reads = 0;
    double tokens = 0;
    for (int i = 0; i < lengths.length; i++) {
      BatchView.Entry entry = batch.get(i);
      int length = StepEstimate.canDraft(entry) ? Math.min(k, entry.draftLimit()) : 0;
      for (int j = 0; j < length; j++) {
        reads += StepEstimate.draftTokenReads(entry, j);
      }
      rows += length;
      lengths[i] = drafter == DrafterKind.MODEL ? length : 0;
      tokens += entry.samples() ? expectedTokens(alpha, length) : 0;
    }
    return tokens
        / (estimate.draftingWithoutCatchUpNanos(lengths)
            + estimate.withoutDraftingNanos(rows, reads));
  }

  /** l(α, k): tokens that a verification of k draft tokens emits on average. */
  static double expectedTokens(double alpha, int k) {
    return alpha >= 1 ? k + 1 : (1 - Math.pow(alpha, k + 1)) / (1 - alpha);
  }
}
