package io.adaspec.runtime.speculation;

import java.util.Arrays;

/**
 * {@code slo}: per-request drafting and verification for the best efficiency, late requests first.
 *
 * <p><b>Budget</b>: the prefill rows that delay least ({@link PrefillBudget}), and no more
 * sequences than can keep their pace ({@link RowRoom}). <b>Draft</b>: the depth of highest
 * predicted efficiency ({@link StepForecast}). Who does not draft with the model looks its text up,
 * which costs no pass. Neither is used for a request for which it has not paid. Between passes
 * every sequence goes on only while its next token is worth its share of a pass. <b>Verify</b>: all
 * budgets, see {@link VerifyBudget}; when requests are late, see {@link SloSlack}. <b>Never
 * slower</b>: the {@link SpeculationLedger} may demand a plain step or an exploring one.
 *
 * @param drafter the policy's drafter
 * @param cap longest draft
 * @param state what was learned so far
 */
record SloStrategy(DrafterKind drafter, int cap, ControllerState state)
    implements SpeculationStrategy {
  private static final double CATCH_UP_SHARE = 0.5;

  /** A sequence that drafted in the last step lags by no more than this. */
  private static final int SETTLED_LAG = 2;

  private static final int EXPLORING_DRAFT = 3;
  private static final int EXPLORING_SHARE = 8;

  @Override
  public String spec() {
    return "slo";
  }

  @Override
  public StepBudget budget(WaitingView waiting, BatchView running, CostModel cost) {
    StepEstimate estimate = new StepEstimate(running, state.correction().applied(cost));
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
      StepEstimate estimate = new StepEstimate(batch, state.correction().applied(cost));
      int depth = StepForecast.best(estimate, state.calibration(), cap).depth();
      if (depth > 0) {
        return withLookup(batch, affordable(estimate, depth));
      }
      if (mode == SpeculationLedger.Mode.EXPLORE) {
        return withLookup(batch, exploring(estimate));
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

  /**
   * Drafts for whom catching up costs at most a share of what the ledger can lose: least behind
   * first. The others join in later steps, when these have earned it back.
   */
  private DraftChoices affordable(StepEstimate estimate, int depth) {
    BatchView batch = estimate.batch();
    DraftChoices choices = DraftChoices.none(batch.size());
    for (int i = 0; i < batch.size(); i++) {
      if (batch.get(i).draftsWithModel()) {
        choices.drafters()[i] = DrafterKind.MODEL;
        choices.caps()[i] = Math.min(depth, batch.get(i).draftLimit());
      }
    }
    long[] order = new long[batch.size()];
    for (int i = 0; i < order.length; i++) {
      order[i] = (long) batch.get(i).draftLag() << 32 | i;
    }
    Arrays.sort(order);
    double most = CATCH_UP_SHARE * state.ledger().balanceNanos();
    int rows = 0;
    long reads = 0;
    int count = 0;
    for (long key : order) {
      int i = (int) key;
      int lag = (int) (key >>> 32);
      if (choices.caps()[i] > 0) {
        int known = batch.get(i).contextTokens() + batch.get(i).rows();
        rows += Math.max(1, lag);
        reads += BatchView.contextReads(Math.max(0, known - lag), Math.max(1, lag));
        count++;
        boolean behind = lag > SETTLED_LAG;
        if (behind
            && estimate.draftPassNanos(rows, reads) - estimate.draftPassNanos(count, reads)
                > most) {
          choices.caps()[i] = 0;
          choices.drafters()[i] = DrafterKind.NONE;
          rows -= lag;
          count--;
        }
      }
    }
    return choices;
  }

  /**
   * A short draft for the few whose draft KV lags least, as far as the ledger can lose what
   * catching up costs.
   */
  private DraftChoices exploring(StepEstimate estimate) {
    BatchView batch = estimate.batch();
    DraftChoices choices = DraftChoices.none(batch.size());
    double left = state.ledger().balanceNanos();
    int few = Math.ceilDiv(batch.size(), EXPLORING_SHARE);
    for (int n = 0; n < few; n++) {
      int least = leastBehind(batch, choices);
      left -= least < 0 ? 0 : estimate.catchUpNanos(least);
      if (least < 0 || left < 0) {
        return choices;
      }
      choices.drafters()[least] = DrafterKind.MODEL;
      choices.caps()[least] = Math.min(EXPLORING_DRAFT, batch.get(least).draftLimit());
    }
    return choices;
  }

  /** Whose draft KV lags least of those that are not chosen yet; -1 if nobody is left. */
  private static int leastBehind(BatchView batch, DraftChoices choices) {
    int least = -1;
    for (int i = 0; i < batch.size(); i++) {
      boolean free = batch.get(i).draftsWithModel() && choices.caps()[i] == 0;
      if (free && (least < 0 || batch.get(i).draftLag() < batch.get(least).draftLag())) {
        least = i;
      }
    }
    return least;
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
