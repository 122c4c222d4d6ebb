package io.adaspec.benchmarks.serving;

/**
 * What plain decoding does on this machine; loads and targets are multiples of it.
 *
 * @param requestsPerSecond of the fastest closed loop: a load of 1
 * @param ttftMillis median of requests that are alone
 * @param tpotMillis median of requests that are alone
 */
record Baseline(double requestsPerSecond, double ttftMillis, double tpotMillis) {
  Baseline {
    if (!(requestsPerSecond > 0) || !(ttftMillis > 0) || !(tpotMillis > 0)) {
      throw new IllegalArgumentException(
          "a baseline of "
              + requestsPerSecond
              + " requests/s, TTFT "
              + ttftMillis
              + " ms, TPOT "
              + tpotMillis
              + " ms must be positive");
    }
  }
}
