package io.adaspec.runtime.speculation;

/**
 * What a step was decided on; with the report of the step it tells the whole story.
 *
 * @param waiting requests that had no place yet
 * @param batch the sequences of the step
 * @param policy in force
 * @param cost the uncorrected cost model
 * @param gainNanos time that speculation had gained before the step, by the ledger's reckoning
 */
public record StepDecision(
    WaitingView waiting,
    BatchView batch,
    PolicySnapshot policy,
    CostModel cost,
    double gainNanos) {}
