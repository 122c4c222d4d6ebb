package io.adaspec.runtime.scheduler;

import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.ControllerState;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.DraftChoices;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.SpeculationStrategy;
import io.adaspec.runtime.speculation.StepBudget;
import io.adaspec.runtime.speculation.SurvivalTable;
import io.adaspec.runtime.speculation.WaitingView;
import java.util.Arrays;

/**
 * Strategies for tests of the scheduler: {@code off}, {@code fixed:K}, {@code late:K}, whose draft
 * model reads the last {@value #LATE} tokens when it lags by more, and {@code ragged:K}, which
 * drafts K, stops and verifies as a hash of the confidences says.
 */
record TestStrategies(PolicySnapshot policy) implements SpeculationStrategy {
  static final int LATE = 6;

  static SpeculationStrategy of(PolicySnapshot policy, ControllerState learned) {
    return new TestStrategies(policy);
  }

  @Override
  public String spec() {
    return policy.strategy();
  }

  @Override
  public StepBudget budget(WaitingView waiting, BatchView running, CostModel cost) {
    return StepBudget.unlimited();
  }

  @Override
  public DraftChoices choose(BatchView batch, CostModel cost) {
    String spec = policy.strategy();
    int length = spec.equals("off") ? 0 : Integer.parseInt(spec.substring(spec.indexOf(':') + 1));
    DraftChoices choices = DraftChoices.uniform(batch, policy.drafter(), length);
    if (spec.startsWith("late")) {
      Arrays.fill(choices.reads(), LATE);
    }
    return choices;
  }

  @Override
  public boolean[] continueDrafting(BatchView batch, SurvivalTable survival, CostModel cost) {
    boolean[] on = new boolean[batch.size()];
    for (int i = 0; i < on.length; i++) {
      int count = survival.drafted(i);
      on[i] = !ragged() || count == 0 || survival.confidence(i, count - 1) > 0.75f;
    }
    return on;
  }

  @Override
  public int[] select(BatchView batch, SurvivalTable survival, CostModel cost) {
    int[] lengths = new int[batch.size()];
    for (int i = 0; i < lengths.length; i++) {
      int count = survival.drafted(i);
      boolean cut = ragged() && count > 0 && survival.confidence(i, 0) < 0.85f;
      lengths[i] = cut ? count - 1 : count;
    }
    return lengths;
  }

  @Override
  public boolean selectsByConfidence() {
    return ragged();
  }

  private boolean ragged() {
    return policy.strategy().startsWith("ragged");
  }
}
