package io.adaspec.runtime.sampling;

/**
 * What verification kept of one draft.
 *
 * @param accepted leading draft tokens that are kept
 * @param nextToken the token after them: recovered at the first rejection, bonus when all are kept
 */
public record VerifiedTokens(int accepted, int nextToken) {}
