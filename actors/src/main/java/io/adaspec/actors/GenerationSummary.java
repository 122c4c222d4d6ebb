package io.adaspec.actors;

import io.adaspec.runtime.request.FinishReason;
import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;

/**
 * What a request got and what it took. All times end at the commit of the step that made the token,
 * not at its delivery.
 *
 * @param id the request
 * @param reason why it ended
 * @param promptTokens tokens of the prompt
 * @param cachedPromptTokens of these, tokens whose KV came from the prefix cache
 * @param outputTokens tokens delivered; a stop string and what follows it is not
 * @param draftTokens tokens of the drafter that a verify pass looked at
 * @param acceptedTokens of these, tokens that the target kept
 * @param steps steps it took part in
 * @param queueWaitNanos from arrival to its first step
 * @param ttftNanos from arrival to its first token, or to the end of an answer without any; 0 where
 *     it was cancelled or failed before
 * @param tpotNanos mean time per output token after the first; 0 with fewer than two
 * @param e2eNanos from arrival to the end
 * @param serviceClass priority class
 * @param slo latency targets
 */
public record GenerationSummary(
    RequestId id,
    FinishReason reason,
    int promptTokens,
    int cachedPromptTokens,
    int outputTokens,
    int draftTokens,
    int acceptedTokens,
    int steps,
    long queueWaitNanos,
    long ttftNanos,
    long tpotNanos,
    long e2eNanos,
    ServiceClass serviceClass,
    SloTarget slo) {

  /**
   * Whether every latency target of the request was met; true without targets. A request that
   * failed met none.
   */
  public boolean metSlo() {
    return reason != FinishReason.FAILED
        && ttftNanos <= slo.ttftNanos()
        && tpotNanos <= slo.tpotNanos();
  }

  /**
   * Whether attainment counts the request: it has targets, and it was not its client that ended it
   * or did not read.
   */
  public boolean isJudged() {
    boolean judged =
        switch (reason) {
          case STOP, LENGTH, FAILED -> true;
          case CANCELLED, SLOW_CONSUMER -> false;
        };
    return judged && (slo.hasTtft() || slo.hasTpot());
  }
}
