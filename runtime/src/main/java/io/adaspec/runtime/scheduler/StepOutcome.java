package io.adaspec.runtime.scheduler;

import io.adaspec.runtime.speculation.StepDecision;
import io.adaspec.runtime.speculation.StepObservation;
import io.adaspec.runtime.speculation.StepReport;
import java.util.List;

/**
 * What a committed step means to the world.
 *
 * @param emissions one entry per request that got tokens or ended, in the step's order
 * @param report the step in numbers, for the policy
 * @param decision what it was decided on
 * @param observation the step as the slow loop sees it
 */
public record StepOutcome(
    List<TokenEmission> emissions,
    StepReport report,
    StepDecision decision,
    StepObservation observation) {
  public StepOutcome {
    emissions = List.copyOf(emissions);
  }
}
