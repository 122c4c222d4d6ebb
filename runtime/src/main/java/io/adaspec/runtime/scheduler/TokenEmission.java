package io.adaspec.runtime.scheduler;

import io.adaspec.runtime.request.FinishReason;
import io.adaspec.runtime.request.RequestId;
import java.util.Optional;

/**
 * New output tokens of one request.
 *
 * @param request whose
 * @param firstOutput index of the first of them among the request's output tokens
 * @param tokens in order, without any stop token; empty when only the end is new
 * @param finish why the request ended, when it did
 * @param statistics the request's totals up to here
 */
public record TokenEmission(
    RequestId request,
    int firstOutput,
    int[] tokens,
    Optional<FinishReason> finish,
    SequenceStatistics statistics) {}
