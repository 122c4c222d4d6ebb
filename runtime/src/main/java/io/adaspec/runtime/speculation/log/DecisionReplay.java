package io.adaspec.runtime.speculation.log;

import io.adaspec.runtime.speculation.ControllerState;
import io.adaspec.runtime.speculation.CostCorrection;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.SpeculationController;
import io.adaspec.runtime.speculation.StepExplanation;
import java.util.HashMap;
import java.util.Map;

/**
 * Learns from a log's steps what the scheduler had learned from them, and explains each with what
 * was known before it. Steps must come in the log's order, none left out. Not thread-safe.
 */
public final class DecisionReplay {
  private record Seen(ControllerState state, CostModel cost, long lastPlan) {}

  private final Map<String, Seen> devices = new HashMap<>();

  /** Starts before the first step. */
  public DecisionReplay() {}

  /** Explains the next step, then learns from it. */
  public StepExplanation next(LoggedStep step) {
    CostModel cost = step.decision().cost();
    Seen before =
        devices.getOrDefault(step.device(), new Seen(ControllerState.initial(), cost, -1));
    ControllerState state = before.state();
    if (step.report().planId() <= before.lastPlan()) {
      state = ControllerState.initial();
    } else if (!cost.equals(before.cost())) {
      state = state.withCorrection(CostCorrection.none());
    }
    StepExplanation explanation = StepExplanation.of(state, step.decision(), step.report());
    ControllerState after = SpeculationController.next(state, step.report(), cost);
    devices.put(step.device(), new Seen(after, cost, step.report().planId()));
    return explanation;
  }
}
