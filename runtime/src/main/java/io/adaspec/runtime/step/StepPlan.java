package io.adaspec.runtime.step;

import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.SpeculationStrategy;
import io.adaspec.runtime.speculation.Verifier;
import java.util.List;

/**
 * Everything a device needs for one step. Immutable; work and batch view are in the same order.
 *
 * @param id grows by one with each plan of a scheduler
 * @param work one entry per sequence of the step
 * @param batch the same sequences as the strategy sees them
 * @param strategy asked again between draft passes and before the verify pass
 * @param cost the cost model it is asked with
 * @param verifier how drafts are verified
 */
public record StepPlan(
    long id,
    List<SequenceWork> work,
    BatchView batch,
    SpeculationStrategy strategy,
    CostModel cost,
    Verifier verifier) {
  public StepPlan {
    work = List.copyOf(work);
    if (work.isEmpty() || work.size() != batch.size()) {
      throw new IllegalArgumentException(
          "step "
              + id
              + " has "
              + work.size()
              + " sequences of work and "
              + batch.size()
              + " in its batch view");
    }
    if (verifier == Verifier.REJECTION && strategy.selectsByConfidence()) {
      throw new IllegalArgumentException(
          "strategy "
              + strategy.spec()
              + " selects draft tokens by confidence, which biases rejection sampling; "
              + "use the coupled verifier or a strategy such as fixed:K");
    }
  }
}
