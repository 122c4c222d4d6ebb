package io.adaspec.runtime.speculation;

import java.util.Arrays;

/**
 * {@code adaspec} and {@code adaspec-drafter}: AdaSpec (arXiv 2503.05096, sections 5.1 to 5.3) as
 * the paper means it.
 *
 * <p>All sequences draft the same number k of tokens, and go on as long as the efficiency {@code
 * E(k) = (B + Σ C_ij) / T(k)} does not fall: measured up to k, predicted for k + 1 with the mean
 * acceptance. The confidence-prior verifier then verifies the best slots over all budgets ({@code
 * adaspec-drafter} verifies everything). The efficiency of a speculative step that outlasts the
 * slack of any sequence against its TPOT target is −1.
 *
 * <p>Against the released code: acceptance is calibrated and its mean recent, slots are ranked by
 * their own survival over all budgets, only the passes that were run count, prefill rows and
 * overheads are part of T (not so the catch-up of draft KV, which the paper does with the prefill),
 * and the SLO rule is in force, for every sequence's own target and with the slack that earlier
 * steps have earned. {@link AdaSpecLiteralStrategy} keeps the release's behaviour.
 *
 * @param eliminates whether the verifier drops draft tokens
 * @param drafter where the tokens come from
 * @param cap longest draft
 * @param state what was learned so far
 */
record AdaSpecStrategy(boolean eliminates, DrafterKind drafter, int cap, ControllerState state)
    implements SpeculationStrategy {
  private static final double VIOLATES_SLO = -1;

  @Override
  public String spec() {
    return eliminates ? "adaspec" : "adaspec-drafter";
  }

  @Override
  public StepBudget budget(WaitingView waiting, BatchView running, CostModel cost) {
    return StepBudget.unlimited();
  }

  @Override
  public double acceptance(
      BatchView.Entry entry, DrafterKind kind, int position, float confidence, float margin) {
    return state.calibration().acceptance(entry, kind, position, confidence, margin);
  }

  @Override
  public DraftChoices choose(BatchView batch, CostModel cost) {
    StepEstimate estimate = new StepEstimate(batch, cost);
    SurvivalTable nothing = new SurvivalTable(batch.size(), 0);
    double plain = estimate.samplers() / estimate.plainNanos();
    for (int k = 1; k <= cap; k++) {
      if (efficiency(estimate, nothing, k) > plain) {
        return DraftChoices.uniform(batch, drafter, cap);
      }
    }
    return DraftChoices.none(batch.size());
  }

  @Override
  public boolean[] continueDrafting(BatchView batch, SurvivalTable survival, CostModel cost) {
    StepEstimate estimate = new StepEstimate(batch, cost);
    int drafted = longest(survival);
    double now = efficiency(estimate, survival, drafted);
    boolean[] all = new boolean[batch.size()];
    Arrays.fill(all, now >= 0 && efficiency(estimate, survival, drafted + 1) >= now);
    return all;
  }

  @Override
  public int[] select(BatchView batch, SurvivalTable survival, CostModel cost) {
    if (!eliminates) {
      return survival.draftedCounts();
    }
    StepEstimate estimate = new StepEstimate(batch, cost);
    return VerifyBudget.best(
        estimate, survival, estimate.draftedNanos(survival), allowedNanos(estimate));
  }

  /**
   * How long a speculative step may take: until the next token of any sequence is due, {@code m ·
   * tpot} after its first token for m tokens so far. Who is late sets no limit, nor does anybody
   * where even plain decoding takes longer than the tightest target.
   */
  private static double allowedNanos(StepEstimate estimate) {
    double allowed = Double.POSITIVE_INFINITY;
    if (estimate.plainNanos() > estimate.tightestTpotNanos()) {
      return allowed;
    }
    for (BatchView.Entry entry : estimate.batch().entries()) {
      if (entry.samples() && entry.slo().hasTpot() && entry.emittedTokens() > 0) {
        double tpot = entry.slo().tpotNanos();
        double slack = entry.emittedTokens() * tpot - entry.decodeElapsedNanos();
        allowed = slack < tpot ? allowed : Math.min(allowed, slack);
      }
    }
    return allowed;
  }

  @Override
  public boolean selectsByConfidence() {
    return true;
  }

  /** E(k): survival as drafted, and the mean acceptance for every token beyond. */
  private double efficiency(StepEstimate estimate, SurvivalTable survival, int k) {
    BatchView batch = estimate.batch();
    int[] lengths = new int[batch.size()];
    double tokens = estimate.samplers();
    int rows = 0;
    long reads = 0;
    for (int i = 0; i < lengths.length; i++) {
      BatchView.Entry entry = batch.get(i);
      int length = StepEstimate.canDraft(entry) ? Math.min(k, entry.draftLimit()) : 0;
      double alive = 1;
      for (int j = 0; j < length; j++) {
        alive =
            j < survival.drafted(i)
                ? survival.survival(i, j)
                : alive * state.calibration().meanAcceptance(entry, drafter, j);
        tokens += alive;
        reads += StepEstimate.draftTokenReads(entry, j);
      }
      rows += length;
      lengths[i] = drafter == DrafterKind.MODEL ? length : 0;
    }
    double nanos =
        estimate.draftingWithoutCatchUpNanos(lengths) + estimate.withoutDraftingNanos(rows, reads);
    return k > 0 && nanos > allowedNanos(estimate) ? VIOLATES_SLO : tokens / nanos;
  }

  private static int longest(SurvivalTable survival) {
    int longest = 0;
    for (int i = 0; i < survival.entries(); i++) {
      longest = Math.max(longest, survival.drafted(i));
    }
    return longest;
  }
}
