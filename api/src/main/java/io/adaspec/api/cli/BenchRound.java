package io.adaspec.api.cli;

import io.adaspec.runtime.speculation.StepReport;
import java.util.List;

/**
 * One measured round: a number of requests that arrive together and run side by side.
 *
 * @param prefillTokensPerSecond prompt tokens of all over the time from their arrival to the end of
 *     the last step with prompt tokens
 * @param decodeTokensPerSecond output tokens over the time of the steps behind, as long as all
 *     requests take part in them; the way through the actors is inside that time
 * @param draftTokens that a verify pass looked at, as in the answer to a request
 * @param acceptedTokens of these, kept
 */
record BenchRound(
    double prefillTokensPerSecond,
    double decodeTokensPerSecond,
    long draftTokens,
    long acceptedTokens) {
  private static final double NANOS_PER_SECOND = 1e9;

  /**
   * Reckons a round from its steps, in order.
   *
   * @param requests how many ran side by side
   * @param promptTokens of each
   * @param arrivalNanos when the first of them arrived
   */
  static BenchRound of(List<StepReport> steps, int requests, int promptTokens, long arrivalNanos) {
    int prefillEnd = 0;
    for (int i = 0; i < steps.size(); i++) {
      prefillEnd = steps.get(i).prefillRows() > 0 ? i : prefillEnd;
    }
    int decodeEnd = steps.size() - 1;
    while (decodeEnd > prefillEnd + 1 && steps.get(decodeEnd).sequences().size() < requests) {
      decodeEnd--;
    }
    long prefilled = steps.get(prefillEnd).atNanos();
    long emitted =
        steps.subList(prefillEnd + 1, decodeEnd + 1).stream()
            .mapToLong(StepReport::emittedTokens)
            .sum();
    return new BenchRound(
        rate((long) requests * promptTokens, prefilled - arrivalNanos),
        rate(emitted, steps.get(decodeEnd).atNanos() - prefilled),
        steps.stream().mapToLong(StepReport::verifiedTokens).sum(),
        steps.stream().mapToLong(StepReport::acceptedTokens).sum());
  }

  private static double rate(long tokens, long nanos) {
    return nanos <= 0 ? 0 : tokens * NANOS_PER_SECOND / nanos;
  }
}
