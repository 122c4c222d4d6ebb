package io.adaspec.runtime.step;

/**
 * Where the time of a step went, and what it was spent on.
 *
 * @param totalNanos the whole {@code execute} call
 * @param draftNanos all draft passes, their sampling included
 * @param verifyNanos the target pass and its sampling
 * @param draftPasses draft passes run
 * @param draftRows rows over all draft passes
 * @param draftContextReads key/value positions read by them
 * @param targetRows rows of the target pass
 * @param targetContextReads key/value positions read by it
 */
public record StepTiming(
    long totalNanos,
    long draftNanos,
    long verifyNanos,
    int draftPasses,
    int draftRows,
    long draftContextReads,
    int targetRows,
    long targetContextReads) {}
