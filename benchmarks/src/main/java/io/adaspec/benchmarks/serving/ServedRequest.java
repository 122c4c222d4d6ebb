package io.adaspec.benchmarks.serving;

import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;

/**
 * One request as its client saw it. Times count from when it was to arrive, also where the load
 * generator was late: what a stalled engine does to those who come meanwhile is its own latency.
 *
 * @param serviceClass its class
 * @param target its targets
 * @param tokens output tokens received
 * @param ttftMillis from the intended arrival to the first token
 * @param e2eMillis from the intended arrival to the last token
 */
record ServedRequest(
    ServiceClass serviceClass, SloTarget target, int tokens, double ttftMillis, double e2eMillis) {
  /** Mean milliseconds per output token after the first. */
  double tpotMillis() {
    return tokens < 2 ? 0 : (e2eMillis - ttftMillis) / (tokens - 1);
  }

  /** Whether it met both targets. */
  boolean metSlo() {
    return 1e6 * ttftMillis <= target.ttftNanos() && 1e6 * tpotMillis() <= target.tpotNanos();
  }
}
