package io.adaspec.runtime.device;

import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.DraftChoices;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.SpeculationStrategy;
import io.adaspec.runtime.speculation.StepBudget;
import io.adaspec.runtime.speculation.SurvivalTable;
import io.adaspec.runtime.speculation.WaitingView;

/**
 * Drafts by turns with the model, the n-gram and not at all, stops each sequence by its own
 * confidence, and verifies each one's prefix of confident tokens: as ragged as can be.
 */
public final class RaggedByConfidence implements SpeculationStrategy {
  private final DrafterKind[] turns;
  private final float stopBelow;
  private final float verifyAbove;

  public RaggedByConfidence(float stopBelow, float verifyAbove, DrafterKind... turns) {
    this.turns = turns;
    this.stopBelow = stopBelow;
    this.verifyAbove = verifyAbove;
  }

  @Override
  public String spec() {
    return "ragged-test";
  }

  @Override
  public StepBudget budget(WaitingView waiting, BatchView running, CostModel cost) {
    return StepBudget.unlimited();
  }

  @Override
  public DraftChoices choose(BatchView batch, CostModel cost) {
    DraftChoices choices = DraftChoices.none(batch.size());
    for (int i = 0; i < batch.size(); i++) {
      BatchView.Entry entry = batch.get(i);
      DrafterKind kind = turns[(int) (entry.sequence() + entry.emittedTokens() / 5) % turns.length];
      int cap = Math.min(entry.draftLimit(), 1 + entry.contextTokens() % 7);
      if (kind != DrafterKind.NONE && cap > 0 && entry.samples()) {
        choices.drafters()[i] = kind;
        choices.caps()[i] = cap;
      }
    }
    return choices;
  }

  @Override
  public boolean[] continueDrafting(BatchView batch, SurvivalTable survival, CostModel cost) {
    boolean[] on = new boolean[batch.size()];
    for (int i = 0; i < on.length; i++) {
      int drafted = survival.drafted(i);
      on[i] = drafted == 0 || survival.confidence(i, drafted - 1) >= stopBelow;
    }
    return on;
  }

  @Override
  public int[] select(BatchView batch, SurvivalTable survival, CostModel cost) {
    int[] lengths = new int[batch.size()];
    for (int i = 0; i < lengths.length; i++) {
      while (lengths[i] < survival.drafted(i)
          && survival.confidence(i, lengths[i]) >= verifyAbove) {
        lengths[i]++;
      }
    }
    return lengths;
  }

  @Override
  public boolean selectsByConfidence() {
    return true;
  }
}
