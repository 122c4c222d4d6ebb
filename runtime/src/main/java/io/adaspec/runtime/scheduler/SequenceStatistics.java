package io.adaspec.runtime.scheduler;

/**
 * What a request has cost so far.
 *
 * @param queueNanos from arrival to its first place in a step
 * @param cachedPromptTokens prompt tokens found in the prefix cache when it was first placed
 * @param steps steps it took part in
 * @param draftedTokens draft tokens that a verify pass looked at; what was drafted and left out
 *     changed nothing for it
 * @param acceptedTokens draft tokens kept
 * @param preemptions how often its KV was given up and recomputed
 */
public record SequenceStatistics(
    long queueNanos,
    int cachedPromptTokens,
    int steps,
    int draftedTokens,
    int acceptedTokens,
    int preemptions) {}
