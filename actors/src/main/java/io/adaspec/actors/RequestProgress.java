package io.adaspec.actors;

import io.adaspec.runtime.request.FinishReason;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.scheduler.SequenceStatistics;
import io.adaspec.runtime.scheduler.TokenEmission;

/**
 * What is known of a request's course, folded from its emissions. Immutable.
 *
 * @param request the request
 * @param outputTokens tokens emitted, delivered or not
 * @param firstTokenNanos when the first came; meaningless before it
 * @param lastTokenNanos when the last came; meaningless before the first
 * @param statistics the scheduler's account
 */
record RequestProgress(
    InferenceRequest request,
    int outputTokens,
    long firstTokenNanos,
    long lastTokenNanos,
    SequenceStatistics statistics) {

  static RequestProgress begin(InferenceRequest request) {
    return new RequestProgress(request, 0, 0, 0, new SequenceStatistics(0, 0, 0, 0, 0, 0));
  }

  /**
   * The course after an emission that was committed at {@code atNanos}.
   *
   * @throws IllegalStateException if tokens were lost or came twice
   */
  RequestProgress next(TokenEmission emission, long atNanos) {
    int count = emission.tokens().length;
    if (count == 0) {
      return new RequestProgress(
          request, outputTokens, firstTokenNanos, lastTokenNanos, emission.statistics());
    }
    if (emission.firstOutput() != outputTokens) {
      throw new IllegalStateException(
          "request "
              + request.id()
              + " got output from token "
              + emission.firstOutput()
              + " on, but has "
              + outputTokens);
    }
    return new RequestProgress(
        request,
        outputTokens + count,
        outputTokens == 0 ? atNanos : firstTokenNanos,
        atNanos,
        emission.statistics());
  }

  /**
   * The account at the end. An answer without any token, because the model ended it at once, came
   * with its end: that is when its client heard something first. TPOT is the time from the first to
   * the last token, divided by the tokens emitted after the first.
   *
   * @param delivered output tokens that reach the client
   */
  GenerationSummary summary(FinishReason reason, int delivered, long endNanos) {
    boolean answered = reason == FinishReason.STOP || reason == FinishReason.LENGTH;
    long firstNanos = outputTokens > 0 ? firstTokenNanos : endNanos;
    return new GenerationSummary(
        request.id(),
        reason,
        request.prompt().size(),
        statistics.cachedPromptTokens(),
        delivered,
        statistics.draftedTokens(),
        statistics.acceptedTokens(),
        statistics.steps(),
        statistics.queueNanos(),
        outputTokens > 0 || answered ? firstNanos - request.arrivalNanos() : 0,
        outputTokens < 2 ? 0 : (lastTokenNanos - firstTokenNanos) / (outputTokens - 1),
        endNanos - request.arrivalNanos(),
        request.serviceClass(),
        request.slo());
  }
}
