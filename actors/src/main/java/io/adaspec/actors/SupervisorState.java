package io.adaspec.actors;

import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.SpeculationStrategy;
import io.adaspec.runtime.speculation.StepReport;
import io.adaspec.runtime.speculation.Strategies;
import io.adaspec.runtime.speculation.Verifier;
import java.util.List;

/**
 * What the supervisor has learnt, folded from step reports and finished requests. Immutable.
 *
 * <p>The policy is the one that was asked for; a controller that learns from reports joins in
 * {@link #next}.
 *
 * @param policy in force
 * @param attainment latency targets met so far
 * @param steps steps seen
 */
record SupervisorState(PolicySnapshot policy, SloAttainment attainment, long steps) {

  /**
   * The state at start.
   *
   * @throws IllegalArgumentException if the policy cannot be followed
   */
  static SupervisorState begin(PolicySnapshot policy) {
    return new SupervisorState(check(policy), SloAttainment.none(), 0);
  }

  /** After some steps. */
  SupervisorState next(List<StepReport> reports) {
    return new SupervisorState(policy, attainment, steps + reports.size());
  }

  /** After a request has ended. */
  SupervisorState ended(GenerationSummary summary) {
    return new SupervisorState(policy, attainment.ended(summary), steps);
  }

  /**
   * With another policy, which gets the next version.
   *
   * @throws IllegalArgumentException if it cannot be followed
   */
  SupervisorState withPolicy(PolicySnapshot wanted) {
    PolicySnapshot next =
        new PolicySnapshot(
            policy.version() + 1,
            wanted.strategy(),
            wanted.drafter(),
            wanted.draftCap(),
            wanted.verifier());
    return new SupervisorState(check(next), attainment, steps);
  }

  private static PolicySnapshot check(PolicySnapshot policy) {
    SpeculationStrategy strategy = Strategies.of(policy);
    if (policy.verifier() == Verifier.REJECTION && strategy.selectsByConfidence()) {
      throw new IllegalArgumentException(
          "strategy "
              + policy.strategy()
              + " chooses by confidence, which biases rejection sampling; use the coupled"
              + " verifier");
    }
    return policy;
  }
}
