package io.adaspec.runtime.scheduler;

import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.SpeculationStrategy;
import io.adaspec.runtime.speculation.Verifier;

/**
 * A policy in force: the snapshot, the strategy it names and the cost model it reckons with.
 *
 * @param snapshot what was published
 * @param strategy parsed from it
 * @param cost predicts durations on the scheduler's device
 */
record Policy(PolicySnapshot snapshot, SpeculationStrategy strategy, CostModel cost) {
  Policy {
    if (snapshot.verifier() == Verifier.REJECTION && strategy.selectsByConfidence()) {
      throw new IllegalArgumentException(
          "strategy "
              + strategy.spec()
              + " selects draft tokens by confidence, which biases rejection sampling; "
              + "use the coupled verifier or a strategy such as fixed:K");
    }
  }
}
