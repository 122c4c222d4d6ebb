package io.adaspec.runtime.speculation;

/**
 * What a strategy may know of the requests that wait to start.
 *
 * @param requests how many
 * @param promptTokens their prompt tokens together
 * @param tightestTtftSlackNanos least time left until a TTFT target of theirs passes; negative when
 *     late, {@link Long#MAX_VALUE} when none has one
 */
public record WaitingView(int requests, long promptTokens, long tightestTtftSlackNanos) {
  public static WaitingView empty() {
    return new WaitingView(0, 0, Long.MAX_VALUE);
  }
}
