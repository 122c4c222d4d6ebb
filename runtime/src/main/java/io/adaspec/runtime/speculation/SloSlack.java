package io.adaspec.runtime.speculation;

/**
 * Serves late requests first (after AdaServe, arXiv 2501.12162).
 *
 * <p>The tokens that a request needs in this step are {@code need = max(1, ⌈(elapsed + T) / tpot⌉ −
 * (emitted − 1))}, with elapsed the time since its first token without pauses and T the predicted
 * step. One that needs more than 1 is late; one that needs more than {@value #HOPELESS} times what
 * a step could give at best is given up and ranks with the rest.
 *
 * <p>When somebody is late, late requests, neediest first, get draft tokens until their expected
 * tokens reach their need or another one would slow down their own rate of tokens. Nothing that
 * takes time is then spent on the others.
 */
final class SloSlack {
  private static final int HOPELESS = 4;

  private SloSlack() {}

  /**
   * Tokens that the entry needs in a step of {@code stepNanos} to be on its TPOT target after it; 1
   * when it has none.
   */
  static long need(BatchView.Entry entry, double stepNanos) {
    if (!entry.samples() || !entry.slo().hasTpot() || entry.emittedTokens() == 0) {
      return 1;
    }
    double due = Math.ceil((entry.decodeElapsedNanos() + stepNanos) / entry.slo().tpotNanos());
    return Math.max(1, (long) due - (entry.emittedTokens() - 1));
  }

  /** The efficient choice when nobody is late; else one that serves the late. */
  static int[] lateFirst(
      StepEstimate estimate,
      SurvivalTable survival,
      double sunkNanos,
      VerifyBudget.Choice efficient) {
    BatchView batch = estimate.batch();
    int[] order = new int[batch.size()];
    long[] needs = new long[batch.size()];
    int late = 0;
    for (int i = 0; i < batch.size(); i++) {
      long need = need(batch.get(i), efficient.nanos());
      int most = 1 + Math.max(survival.drafted(i), batch.get(i).draftLimit());
      needs[i] = need > (long) HOPELESS * most ? 1 : need;
      if (needs[i] > 1) {
        order[late++] = i;
      }
    }
    if (late == 0) {
      return efficient.lengths();
    }
    sortByFallingNeed(order, late, needs);
    int[] lengths = new int[batch.size()];
    int rows = 0;
    long reads = 0;
    for (int n = 0; n < late; n++) {
      int i = order[n];
      double expected = 1;
      while (lengths[i] < survival.drafted(i) && expected < needs[i]) {
        double nanos = sunkNanos + estimate.withoutDraftingNanos(rows, reads);
        long more = StepEstimate.draftTokenReads(batch.get(i), lengths[i]);
        double longer = sunkNanos + estimate.withoutDraftingNanos(rows + 1, reads + more);
        double alive = survival.survival(i, lengths[i]);
        if ((expected + alive) / longer <= expected / nanos) {
          break;
        }
        expected += alive;
        lengths[i]++;
        rows++;
        reads += more;
      }
    }
    addWhatCostsNothing(estimate, survival, lengths, rows, reads);
    return lengths;
  }

  private static void addWhatCostsNothing(
      StepEstimate estimate, SurvivalTable survival, int[] lengths, int rows, long reads) {
    double nanos = estimate.withoutDraftingNanos(rows, reads);
    int allRows = rows;
    long allReads = reads;
    for (int i = 0; i < lengths.length; i++) {
      while (lengths[i] < survival.drafted(i)) {
        long more = StepEstimate.draftTokenReads(estimate.batch().get(i), lengths[i]);
        if (estimate.withoutDraftingNanos(allRows + 1, allReads + more) > nanos) {
          break;
        }
        lengths[i]++;
        allRows++;
        allReads += more;
      }
    }
  }

  private static void sortByFallingNeed(int[] order, int count, long[] needs) {
    for (int n = 1; n < count; n++) {
      int moving = order[n];
      int at = n;
      while (at > 0 && needs[order[at - 1]] < needs[moving]) {
        order[at] = order[at - 1];
        at--;
      }
      order[at] = moving;
    }
  }
}
