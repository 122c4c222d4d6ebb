package io.adaspec.runtime.scheduler;

/**
 * How busy a scheduler is, at one moment.
 *
 * @param ready whether its device can execute steps
 * @param stepInFlight whether a step is being executed
 * @param runningSequences sequences that hold KV and advance
 * @param decodingSequences those of them past their prompt
 * @param pausedSequences sequences that wait for their consumer
 * @param preemptedSequences sequences that wait for KV blocks to go on
 * @param maxSequences most that may run
 * @param pendingPrefillTokens known tokens of its sequences that are still to be computed
 * @param remainingOutputTokens upper bound of what its sequences may still emit
 * @param expectedOutputTokens the same, reckoned with the share of their limit that ended sequences
 *     really emitted
 * @param tokensPerStep tokens that a decoding sequence emitted per step, on average of late
 * @param capacityTokens longest sequence that context and KV memory allow
 * @param contextTokens known tokens of its running sequences
 * @param stepTokens rows of one step
 * @param blockTokens tokens per KV block
 * @param kvBlocks all target KV blocks, lent ones included
 * @param freeKvBlocks those that can be allocated
 * @param lentKvBlocks of all, those that lie in draft memory
 * @param obtainableKvBlocks how many more draft memory would give at present
 * @param draftKvBlocks all draft KV blocks whose memory is not lent
 * @param freeDraftKvBlocks those that can be allocated
 */
public record SchedulerLoad(
    boolean ready,
    boolean stepInFlight,
    int runningSequences,
    int decodingSequences,
    int pausedSequences,
    int preemptedSequences,
    int maxSequences,
    long pendingPrefillTokens,
    long remainingOutputTokens,
    double expectedOutputTokens,
    double tokensPerStep,
    int capacityTokens,
    long contextTokens,
    int stepTokens,
    int blockTokens,
    int kvBlocks,
    int freeKvBlocks,
    int lentKvBlocks,
    int obtainableKvBlocks,
    int draftKvBlocks,
    int freeDraftKvBlocks) {}
