package io.adaspec.runtime.speculation;

import java.util.Arrays;

/**
 * {@code fixed:K}: every sequence drafts K tokens and all of them are verified.
 *
 * @param length K
 * @param drafter where the tokens come from
 * @param cap longest draft that the policy allows; shortens K
 */
record FixedStrategy(int length, DrafterKind drafter, int cap) implements SpeculationStrategy {
  @Override
  public String spec() {
    return "fixed:" + length;
  }

  @Override
  public DraftChoices choose(BatchView batch, CostModel cost) {
    return DraftChoices.uniform(batch, drafter, Math.min(length, cap));
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
}
