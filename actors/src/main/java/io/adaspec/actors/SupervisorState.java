package io.adaspec.actors;

import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.SpeculationStrategy;
import io.adaspec.runtime.speculation.StepObservation;
import io.adaspec.runtime.speculation.Strategies;
import io.adaspec.runtime.speculation.Verifier;
import io.adaspec.runtime.speculation.control.PolicyController;
import java.util.List;

/**
 * What the supervisor has learnt, folded from steps and finished requests. Immutable.
 *
 * @param control adapts the policy that was asked for to the load
 * @param slo latency targets met so far
 * @param steps steps seen
 */
record SupervisorState(PolicyController control, SloHistory slo, long steps) {

  /**
   * The state at start.
   *
   * @throws IllegalArgumentException if the policy cannot be followed
   */
  static SupervisorState begin(PolicySnapshot policy, long nowNanos) {
    return new SupervisorState(
        PolicyController.begin(check(policy), nowNanos), SloHistory.begin(nowNanos), 0);
  }

  /** The policy in force. */
  PolicySnapshot policy() {
    return control.policy();
  }

  /** After some time and the steps in it. */
  SupervisorState next(List<StepObservation> seen, long nowNanos) {
    return new SupervisorState(control.next(seen, nowNanos), slo.at(nowNanos), steps + seen.size());
  }

  /** After a request has ended. */
  SupervisorState ended(GenerationSummary summary) {
    return new SupervisorState(control, slo.ended(summary), steps);
  }

  /**
   * With another policy, which gets the next version.
   *
   * @throws IllegalArgumentException if it cannot be followed
   */
  SupervisorState withPolicy(PolicySnapshot wanted, long nowNanos) {
    return new SupervisorState(control.withPolicy(check(wanted), nowNanos), slo, steps);
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
