package io.adaspec.runtime.speculation;

/**
 * What a strategy may know of the requests that wait for their first token: in the queue, or in the
 * middle of their prompt.
 *
 * @param requests how many
 * @param promptTokens prompt tokens still to be computed of those that have a TTFT target
 * @param tightestTtftSlackNanos least time left until a TTFT target of theirs passes; negative when
 *     late, {@link Long#MAX_VALUE} when none has one
 */
public record WaitingView(int requests, long promptTokens, long tightestTtftSlackNanos) {
  /**
   * With one more request.
   *
   * @param tokens of it that are still to be computed
   * @param deadlineNanos when its first token is due; {@link Long#MAX_VALUE} without a target
   */
  public WaitingView and(int tokens, long deadlineNanos, long nowNanos) {
    long slack = deadlineNanos == Long.MAX_VALUE ? Long.MAX_VALUE : deadlineNanos - nowNanos;
    return new WaitingView(
        requests + 1,
        promptTokens + (slack == Long.MAX_VALUE ? 0 : tokens),
        Math.min(tightestTtftSlackNanos, slack));
  }

  public static WaitingView empty() {
    return new WaitingView(0, 0, Long.MAX_VALUE);
  }
}
