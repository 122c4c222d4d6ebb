package io.adaspec.runtime.speculation;

import java.util.Arrays;

/**
 * {@code adaspec} and {@code adaspec-drafter}: AdaSpec (arXiv 2503.05096, sections 5.1 to 5.3) as
 * the paper means it.
 *
 * <p>All sequences draft the same number k of tokens, and go on as long as the efficiency {@code
 * E(k) = (B + Σ C_ij) / T(k)} does not fall: measured up to k, predicted for k + 1 with the mean
 * acceptance. The confidence-prior verifier then verifies the best slots over all budgets ({@code
 * adaspec-drafter} verifies everything). The efficiency of a speculative step that makes any
 * sequence miss its TPOT target is −1: with m tokens emitted so far, {@code elapsed + T(k) > (m − 1
 * + E[A_i]) · tpot} for the E[A_i] tokens that the step is expected to give it, although a plain
 * step would keep it. As in the release the rule guards drafting, not elimination: what a draft has
 * cost is no reason to throw it away.
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
    return VerifyBudget.best(estimate, survival, estimate.draftedNanos(survival));
  }

  @Override
  public boolean selectsByConfidence() {
    return true;
  }

  /** E(k): survival as drafted, and the mean acceptance for every token beyond. */
  private double efficiency(StepEstimate estimate, SurvivalTable survival, int k) {
    BatchView batch = estimate.batch();
    int[] lengths = new int[batch.size()];
    double[] expected = new double[batch.size()];
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
        expected[i] += alive;
        reads += StepEstimate.draftTokenReads(entry, j);
      }
      tokens += expected[i];
      rows += length;
      lengths[i] = drafter == DrafterKind.MODEL ? length : 0;
    }
    double nanos =
        estimate.draftingWithoutCatchUpNanos(lengths) + estimate.withoutDraftingNanos(rows, reads);
    return k > 0 && violates(estimate, expected, nanos) ? VIOLATES_SLO : tokens / nanos;
  }

  /**
   * Whether a step of {@code nanos} makes anybody late whom a plain one would not.
   *
   * @param drafted [entries] expected accepted draft tokens
   */
  private static boolean violates(StepEstimate estimate, double[] drafted, double nanos) {
    double plain = estimate.plainNanos();
    for (int i = 0; i < drafted.length; i++) {
      BatchView.Entry entry = estimate.batch().get(i);
      if (entry.samples() && entry.slo().hasTpot() && entry.emittedTokens() > 0) {
        double tpot = entry.slo().tpotNanos();
        double due = entry.emittedTokens() * tpot - entry.decodeElapsedNanos();
        if (nanos > due + drafted[i] * tpot && plain <= due) {
          return true;
        }
      }
    }
    return false;
  }

  private static int longest(SurvivalTable survival) {
    int longest = 0;
    for (int i = 0; i < survival.entries(); i++) {
      longest = Math.max(longest, survival.drafted(i));
    }
    return longest;
  }
}
