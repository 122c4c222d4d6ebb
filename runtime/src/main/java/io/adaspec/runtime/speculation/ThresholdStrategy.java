package io.adaspec.runtime.speculation;

import java.util.Arrays;

/**
 * {@code threshold:P}: the whole batch drafts until the mean confidence of the tokens drafted last
 * falls below P; all of them are verified.
 *
 * @param threshold P, 0 to 1
 * @param drafter where the tokens come from
 * @param cap longest draft
 */
record ThresholdStrategy(double threshold, DrafterKind drafter, int cap)
    implements SpeculationStrategy {
  @Override
  public String spec() {
    return "threshold:" + threshold;
  }

  @Override
  public DraftChoices choose(BatchView batch, CostModel cost) {
    return DraftChoices.uniform(batch, drafter, cap);
  }

  @Override
  public boolean[] continueDrafting(BatchView batch, SurvivalTable survival, CostModel cost) {
    int longest = 0;
    for (int i = 0; i < survival.entries(); i++) {
      longest = Math.max(longest, survival.drafted(i));
    }
    double sum = 0;
    int count = 0;
    for (int i = 0; i < survival.entries(); i++) {
      if (longest > 0 && survival.drafted(i) == longest) {
        sum += survival.confidence(i, longest - 1);
        count++;
      }
    }
    boolean[] all = new boolean[batch.size()];
    Arrays.fill(all, count == 0 || sum / count >= threshold);
    return all;
  }

  @Override
  public int[] select(BatchView batch, SurvivalTable survival, CostModel cost) {
    return survival.draftedCounts();
  }

  @Override
  public boolean selectsByConfidence() {
    return true;
  }
}
