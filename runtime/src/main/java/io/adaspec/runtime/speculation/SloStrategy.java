package io.adaspec.runtime.speculation;

import java.util.Arrays;

/**
 * {@code slo}: per-request drafting and verification for the best efficiency, late requests first.
 *
 * <p><b>Budget</b>: the prefill rows that delay least ({@link PrefillBudget}), and no more
 * sequences than can keep their pace ({@link RowRoom}). <b>Draft</b>: the depth of highest
 * predicted efficiency ({@link StepForecast}), the draft model reading as much of the text as can
 * be afforded ({@link DraftReading}). Who does not draft with the model looks its text up, which
 * costs no pass. Neither is used for a request for which it has not paid. Between passes every
 * sequence goes on only while its next token is worth its share of a pass. <b>Verify</b>: all
 * budgets, see {@link VerifyBudget}; when requests are late, see {@link SloSlack}. <b>Never
 * slower</b>: the {@link SpeculationLedger} may demand a plain step or an exploring one.
 *
 * @param drafter the policy's drafter
 * @param cap longest draft
 * @param state what was learned so far
 */
record SloStrategy(DrafterKind drafter, int cap, ControllerState state)
    implements SpeculationStrategy {
  private static final int EXPLORING_DRAFT = 3;
  private static final int EXPLORING_SHARE = 8;

  @Override
  public String spec() {
    return "slo";
  }

  @Override
  public StepBudget budget(WaitingView waiting, BatchView running, CostModel cost) {
    StepEstimate estimate = catchUp(running, cost).estimate();
    boolean drafts =
        drafter == DrafterKind.MODEL && state.ledger().mode() == SpeculationLedger.Mode.BEST;
    return PrefillBudget.of(
        waiting,
        drafts
            ? StepForecast.best(estimate, state.calibration(), cap)
            : StepForecast.plain(estimate));
  }

  @Override
  public double acceptance(
      BatchView.Entry entry, DrafterKind kind, int position, float confidence, float margin) {
    return state.calibration().acceptance(entry, kind, position, confidence, margin);
  }

  @Override
  public DraftChoices choose(BatchView batch, CostModel cost) {
    SpeculationLedger.Mode mode = state.ledger().mode();
    DraftChoices none = DraftChoices.none(batch.size());
    boolean comparable =
        state.ledger().isSure() || state.correction().hasMeasured(batch.totalRows());
    if (mode == SpeculationLedger.Mode.PLAIN || !comparable) {
      return none;
    }
    if (drafter == DrafterKind.MODEL) {
      CatchUp catchUp = catchUp(batch, cost);
      int depth = StepForecast.best(catchUp.estimate(), state.calibration(), cap).depth();
      if (depth > 0) {
        return withLookup(batch, catchUp.affordable(depth));
      }
      if (mode == SpeculationLedger.Mode.EXPLORE) {
        int few = Math.ceilDiv(batch.size(), EXPLORING_SHARE);
        return withLookup(batch, catchUp.exploring(few, EXPLORING_DRAFT));
      }
    }
    return withLookup(batch, none);
  }

  @Override
  public boolean[] continueDrafting(BatchView batch, SurvivalTable survival, CostModel cost) {
    if (state.ledger().mode() == SpeculationLedger.Mode.EXPLORE) {
      boolean[] all = new boolean[batch.size()];
      Arrays.fill(all, true);
      return all;
    }
    StepEstimate estimate = new StepEstimate(batch, state.correction().applied(cost));
    double sunk = estimate.draftedNanos(survival) - estimate.prefillShareNanos();
    VerifyBudget.Choice now = VerifyBudget.choose(estimate, survival, sunk);
    long[] candidates = new long[batch.size()];
    int count = 0;
    for (int i = 0; i < batch.size(); i++) {
      int drafted = survival.drafted(i);
      if (drafted > 0 && !survival.isFreeOfPasses(i) && drafted < batch.get(i).draftLimit()) {
        double alive =
            survival.survival(i, drafted - 1)
                * state.calibration().meanAcceptance(batch.get(i), DrafterKind.MODEL, drafted);
        candidates[count++] = VerifyBudget.key(alive, i);
      }
    }
    Arrays.sort(candidates, 0, count);
    return worthAPass(estimate, survival, now, candidates, count);
  }

  @Override
  public int[] select(BatchView batch, SurvivalTable survival, CostModel cost) {
    StepEstimate estimate = new StepEstimate(batch, state.correction().applied(cost));
    double sunk = estimate.draftedNanos(survival) - estimate.prefillShareNanos();
    double[] weights = SloSlack.weights(estimate, survival, sunk);
    int[] lengths = VerifyBudget.choose(estimate, survival, sunk, weights).lengths();
    if (state.ledger().mode() == SpeculationLedger.Mode.EXPLORE) {
      verifyAFew(survival, lengths);
    }
    return lengths;
  }

  @Override
  public boolean selectsByConfidence() {
    return true;
  }

  private CatchUp catchUp(BatchView batch, CostModel cost) {
    return CatchUp.of(batch, state.correction().applied(cost), state.ledger().balanceNanos());
  }

  /** Whoever does not draft with the model looks its text up, if that has not proven vain. */
  private DraftChoices withLookup(BatchView batch, DraftChoices choices) {
    for (int i = 0; i < batch.size(); i++) {
      if (choices.caps()[i] == 0 && batch.get(i).looksUp()) {
        choices.drafters()[i] = DrafterKind.NGRAM;
        choices.caps()[i] = Math.min(cap, batch.get(i).draftLimit());
      }
    }
    return choices;
  }

  /** Exploring is for labels: a few drafts are verified whatever is expected of them. */
  private static void verifyAFew(SurvivalTable survival, int[] lengths) {
    int left = Math.ceilDiv(lengths.length, EXPLORING_SHARE);
    for (int i = 0; i < lengths.length && left > 0; i++) {
      if (survival.drafted(i) > 0) {
        lengths[i] = Math.max(lengths[i], Math.min(EXPLORING_DRAFT, survival.drafted(i)));
        left--;
      }
    }
  }

  /** The candidates, best first, whose next token raises the efficiency of the step. */
  private static boolean[] worthAPass(
      StepEstimate estimate,
      SurvivalTable survival,
      VerifyBudget.Choice now,
      long[] candidates,
      int count) {
    double tokens = now.tokens();
    double best = now.efficiency();
    int bestCount = 0;
    int rows = now.rows();
    long reads = now.reads();
    double before = estimate.withoutDraftingNanos(rows, reads);
    long passReads = 0;
    for (int m = 0; m < count; m++) {
      int i = VerifyBudget.entryOf(candidates[m]);
      long tokenReads = StepEstimate.draftTokenReads(estimate.batch().get(i), survival.drafted(i));
      tokens += VerifyBudget.survivalOf(candidates[m]);
      rows++;
      reads += tokenReads;
      passReads += estimate.draftPassReads(i, survival.drafted(i));
      double nanos =
          now.nanos()
              + estimate.draftPassNanos(m + 1, passReads)
              + estimate.withoutDraftingNanos(rows, reads)
              - before;
      if (tokens / nanos > best) {
        best = tokens / nanos;
        bestCount = m + 1;
      }
    }
    boolean[] on = new boolean[survival.entries()];
    for (int m = 0; m < bestCount; m++) {
      on[VerifyBudget.entryOf(candidates[m])] = true;
    }
    return on;
  }
}
