package io.adaspec.runtime.speculation;

import java.util.Arrays;

/**
 * {@code adaspec-literal}: the decisions of the code released with AdaSpec (commit 80d6c4f),
 * defects included, for comparison.
 *
 * <p>Kept: the batch drafts one length, rows padded to graph buckets and contexts floored to
 * profile buckets, one lifetime mean of confidences for unknown tokens, confidence taken for
 * acceptance, prefill rows left out, the draft time of one more pass than was run after a predicted
 * stop, elimination that ranks by the last drafted token's survival and tries a single budget, no
 * SLO rule. Not kept: drafting over missing draft KV, which this runtime's drafter cannot do.
 *
 * @param drafter where the tokens come from
 * @param cap longest draft
 * @param state for the lifetime mean confidence
 */
record AdaSpecLiteralStrategy(DrafterKind drafter, int cap, ControllerState state)
    implements SpeculationStrategy {
  @Override
  public String spec() {
    return "adaspec-literal";
  }

  @Override
  public double acceptance(
      BatchView.Entry entry, DrafterKind kind, int position, float confidence, float margin) {
    return confidence;
  }

  @Override
  public DraftChoices choose(BatchView batch, CostModel cost) {
    Decoding decoding = new Decoding(batch, cost);
    SurvivalTable nothing = new SurvivalTable(batch.size(), 0);
    boolean pays =
        cap > 0
            && decoding.count() > 0
            && decoding.efficiency(nothing, 1, meanConfidence())
                > decoding.efficiency(nothing, 0, meanConfidence());
    return pays ? DraftChoices.uniform(batch, drafter, cap) : DraftChoices.none(batch.size());
  }

  @Override
  public boolean[] continueDrafting(BatchView batch, SurvivalTable survival, CostModel cost) {
    Decoding decoding = new Decoding(batch, cost);
    int k = decoding.drafted(survival);
    boolean[] all = new boolean[batch.size()];
    Arrays.fill(all, !fell(decoding, survival, k) && !willFall(decoding, survival, k));
    return all;
  }

  @Override
  public int[] select(BatchView batch, SurvivalTable survival, CostModel cost) {
    Decoding decoding = new Decoding(batch, cost);
    int k = decoding.drafted(survival);
    int[] all = survival.draftedCounts();
    if (k == 0 || decoding.count() == 0) {
      return all;
    }
    double[] last = new double[decoding.count()];
    for (int d = 0; d < last.length; d++) {
      int drafted = survival.drafted(decoding.entry(d));
      last[d] = drafted == 0 ? 1 : survival.survival(decoding.entry(d), drafted - 1);
    }
    int[] lengths = eliminate(last, decoding.lengths(survival));
    int timedPasses = k < cap && !fell(decoding, survival, k) ? k + 1 : k;
    double ragged = decoding.raggedEfficiency(survival, lengths, timedPasses);
    if (ragged < decoding.efficiency(survival, k, meanConfidence())) {
      return all;
    }
    for (int d = 0; d < lengths.length; d++) {
      all[decoding.entry(d)] = lengths[d];
    }
    return all;
  }

  @Override
  public boolean selectsByConfidence() {
    return true;
  }

  private double meanConfidence() {
    return state.lifetimeConfidence();
  }

  private boolean fell(Decoding decoding, SurvivalTable survival, int k) {
    return k > 0
        && decoding.efficiency(survival, k, meanConfidence())
            < decoding.efficiency(survival, k - 1, meanConfidence());
  }

  private boolean willFall(Decoding decoding, SurvivalTable survival, int k) {
    return decoding.efficiency(survival, k + 1, meanConfidence())
        < decoding.efficiency(survival, k, meanConfidence());
  }

  /**
   * One bucket down, always from the sequence whose last drafted token survives least, however much
   * of it is gone already.
   *
   * @param last [sequences] survival of the last drafted token
   * @param drafted [sequences] draft lengths
   * @return [sequences] lengths to verify
   */
  static int[] eliminate(double[] last, int[] drafted) {
    int[] lengths = drafted.clone();
    int rows = lengths.length;
    for (int length : lengths) {
      rows += length;
    }
    for (int shed = GraphBuckets.rowsToShed(rows); shed > 0; shed--) {
      int least = -1;
      for (int i = 0; i < lengths.length; i++) {
        if (lengths[i] > 0 && (least < 0 || last[i] < last[least])) {
          least = i;
        }
      }
      if (least < 0) {
        return lengths;
      }
      lengths[least]--;
    }
    return lengths;
  }
}
