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
 * @param slo latency targets met so far
 * @param steps steps seen
 */
record SupervisorState(PolicySnapshot policy, SloHistory slo, long steps) {

  /**
   * The state at start.
   *
   * @throws IllegalArgumentException if the policy cannot be followed
   */
  static SupervisorState begin(PolicySnapshot policy, long nowNanos) {
    return new SupervisorState(check(policy), SloHistory.begin(nowNanos), 0);
  }

  /** After some time and the steps in it. */
  SupervisorState next(List<StepReport> reports, long nowNanos) {
    return new SupervisorState(policy, slo.at(nowNanos), steps + reports.size());
  }

  /** After a request has ended. */
  SupervisorState ended(GenerationSummary summary) {
    return new SupervisorState(policy, slo.ended(summary), steps);
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
    return new SupervisorState(check(next), slo, steps);
  }

  /**
   * The policy itself, if it can be followed.
   *
   * @throws IllegalArgumentException if its strategy is unknown or does not go with its verifier
   */
  static PolicySnapshot check(PolicySnapshot policy) {
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
