package io.adaspec.runtime.speculation;

/**
 * What a strategy may know of the requests that wait for their first token: in the queue, or in the
 * middle of their prompt.
 *
 * @param requests how many
 * @param promptTokens prompt tokens still to be computed of those that have a TTFT target ahead
 * @param tightestTtftSlackNanos least time left until a TTFT target of theirs passes; {@link
 *     Long#MAX_VALUE} when none is ahead
 * @param neededTokensPerNano prefill rows per nanosecond with which all targets that are still
 *     ahead are met, in the order in which the requests are served
 */
public record WaitingView(
    int requests, long promptTokens, long tightestTtftSlackNanos, double neededTokensPerNano) {
  /**
   * With one more request, less urgent than those before. A deadline that has passed is nobody's
   * hurry any more.
   *
   * @param tokens of it that are still to be computed
   * @param deadlineNanos when its first token is due; {@link Long#MAX_VALUE} without a target
   */
  public WaitingView and(int tokens, long deadlineNanos, long nowNanos) {
    long slack = deadlineNanos == Long.MAX_VALUE ? Long.MAX_VALUE : deadlineNanos - nowNanos;
    if (slack <= 0 || slack == Long.MAX_VALUE) {
      return new WaitingView(
          requests + 1, promptTokens, tightestTtftSlackNanos, neededTokensPerNano);
    }
    long sum = promptTokens + tokens;
    return new WaitingView(
        requests + 1,
        sum,
        Math.min(tightestTtftSlackNanos, slack),
        Math.max(neededTokensPerNano, (double) sum / slack));
  }

  /** With more requests whose first tokens are due at no time. */
  public WaitingView andWithoutDeadline(int more) {
    return new WaitingView(
        requests + more, promptTokens, tightestTtftSlackNanos, neededTokensPerNano);
  }

  public static WaitingView empty() {
    return new WaitingView(0, 0, Long.MAX_VALUE, 0);
  }
}
