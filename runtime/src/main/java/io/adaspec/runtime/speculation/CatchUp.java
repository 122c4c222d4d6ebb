package io.adaspec.runtime.speculation;

import java.util.Arrays;

/**
 * For whom the draft model drafts, where what it lacks of their texts must be computed first: that
 * may cost no more than the ledger can lose.
 *
 * @param batch as it is
 * @param estimate of the batch in which the draft model reads as much of each text as can be
 *     afforded, see {@link DraftReading}
 * @param balanceNanos what the ledger can lose
 */
record CatchUp(BatchView batch, StepEstimate estimate, double balanceNanos) {
  private static final double SHARE = 0.5;

  /** A sequence that drafted in the last step lags by no more than this. */
  private static final int SETTLED_LAG = 2;

  static CatchUp of(BatchView batch, CostModel corrected, double balanceNanos) {
    BatchView reading = DraftReading.within(batch, corrected, SHARE * balanceNanos);
    return new CatchUp(batch, new StepEstimate(reading, corrected), balanceNanos);
  }

  /**
   * Drafts for whom catching up costs at most a share of what the ledger can lose: least behind
   * first. The others join in later steps, when these have earned it back.
   */
  DraftChoices affordable(int depth) {
    BatchView reading = estimate.batch();
    DraftChoices choices = none();
    long[] order = new long[reading.size()];
    int candidates = 0;
    for (int i = 0; i < reading.size(); i++) {
      if (reading.get(i).draftsWithModel()) {
        order[candidates++] = (long) reading.get(i).draftLag() << 32 | i;
      }
    }
    Arrays.sort(order, 0, candidates);
    int rows = 0;
    long reads = 0;
    int count = 0;
    for (int n = 0; n < candidates; n++) {
      int i = (int) order[n];
      int lag = (int) (order[n] >>> 32);
      int tokens = Math.max(1, lag);
      int before = Math.max(0, reading.get(i).draftContextTokens() - tokens);
      int allRows = rows + tokens;
      long allReads = reads + BatchView.contextReads(before, tokens);
      double added =
          estimate.draftPassNanos(allRows, allReads) - estimate.draftPassNanos(count + 1, allReads);
      if (lag <= SETTLED_LAG || added <= SHARE * balanceNanos) {
        choices.drafters()[i] = DrafterKind.MODEL;
        choices.caps()[i] = Math.min(depth, reading.get(i).draftLimit());
        rows = allRows;
        reads = allReads;
        count++;
      }
    }
    return choices;
  }

  /**
   * A short draft for the few whose draft KV lags least, as far as the ledger can lose what
   * catching up costs.
   */
  DraftChoices exploring(int few, int draft) {
    DraftChoices choices = none();
    double left = balanceNanos;
    for (int n = 0; n < few; n++) {
      int least = leastBehind(choices);
      left -= least < 0 ? 0 : estimate.catchUpNanos(least);
      if (least < 0 || left < 0) {
        return choices;
      }
      choices.drafters()[least] = DrafterKind.MODEL;
      choices.caps()[least] = Math.min(draft, batch.get(least).draftLimit());
    }
    return choices;
  }

  /** Whose draft KV lags least of those that are not chosen yet; -1 if nobody is left. */
  private int leastBehind(DraftChoices choices) {
    BatchView reading = estimate.batch();
    int least = -1;
    for (int i = 0; i < reading.size(); i++) {
      boolean free = reading.get(i).draftsWithModel() && choices.caps()[i] == 0;
      if (free && (least < 0 || reading.get(i).draftLag() < reading.get(least).draftLag())) {
        least = i;
      }
    }
    return least;
  }

  /** Nobody drafts yet; notes whose draft model would read less than it lacks. */
  private DraftChoices none() {
    DraftChoices choices = DraftChoices.none(batch.size());
    for (int i = 0; i < batch.size(); i++) {
      int tokens = estimate.batch().get(i).draftLag();
      if (tokens < batch.get(i).draftLag()) {
        choices.reads()[i] = tokens;
      }
    }
    return choices;
  }
}
