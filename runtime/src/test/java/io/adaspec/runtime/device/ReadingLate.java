package io.adaspec.runtime.device;

import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.DraftChoices;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.SpeculationStrategy;
import io.adaspec.runtime.speculation.StepBudget;
import io.adaspec.runtime.speculation.SurvivalTable;
import io.adaspec.runtime.speculation.WaitingView;
import java.util.Arrays;

/**
 * Another strategy whose draft model, where it lags, reads the end of a text alone.
 *
 * @param tokens that it reads
 */
public record ReadingLate(SpeculationStrategy strategy, int tokens) implements SpeculationStrategy {
  @Override
  public String spec() {
    return strategy.spec();
  }

  @Override
  public StepBudget budget(WaitingView waiting, BatchView running, CostModel cost) {
    return strategy.budget(waiting, running, cost);
  }

  @Override
  public DraftChoices choose(BatchView batch, CostModel cost) {
    DraftChoices choices = strategy.choose(batch, cost);
    Arrays.fill(choices.reads(), tokens);
    return choices;
  }

  @Override
  public double acceptance(
      BatchView.Entry entry, DrafterKind drafter, int position, float confidence, float margin) {
    return strategy.acceptance(entry, drafter, position, confidence, margin);
  }

  @Override
  public boolean[] continueDrafting(BatchView batch, SurvivalTable survival, CostModel cost) {
    return strategy.continueDrafting(batch, survival, cost);
  }

  @Override
  public int[] select(BatchView batch, SurvivalTable survival, CostModel cost) {
    return strategy.select(batch, survival, cost);
  }

  @Override
  public boolean decidesWhileDrafting() {
    return strategy.decidesWhileDrafting();
  }

  @Override
  public boolean selectsByConfidence() {
    return strategy.selectsByConfidence();
  }

  @Override
  public boolean needsConfidences() {
    return strategy.needsConfidences();
  }
}
