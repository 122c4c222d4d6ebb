package io.adaspec.api.responses;

import io.adaspec.runtime.request.InferenceRequest;
import java.util.List;
import java.util.Map;

/**
 * One turn, ready to run.
 *
 * @param id of the answer
 * @param createdSeconds when it began, in seconds since 1970
 * @param modelName who answers
 * @param request as it came
 * @param conversation messages up to and including the new input, without the instructions
 * @param inference for the engine
 */
record ResponseTurn(
    String id,
    long createdSeconds,
    String modelName,
    ResponsesRequest request,
    List<Map<String, Object>> conversation,
    InferenceRequest inference) {}
