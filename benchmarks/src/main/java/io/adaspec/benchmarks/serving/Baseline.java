package io.adaspec.benchmarks.serving;

/**
 * What plain decoding does on this machine; loads and targets are multiples of it.
 *
 * @param requestsPerSecond of the fastest closed loop: a load of 1
 * @param ttftMillis median of requests that are alone
 * @param tpotMillis median of requests that are alone
 * @param pieceSeconds what a fixed piece of work took at that time
 */
record Baseline(
    double requestsPerSecond, double ttftMillis, double tpotMillis, double pieceSeconds) {
  Baseline {
    if (!(requestsPerSecond > 0) || !(ttftMillis > 0) || !(tpotMillis > 0) || !(pieceSeconds > 0)) {
      throw new IllegalArgumentException(
          "a baseline of "
              + requestsPerSecond
              + " requests/s, TTFT "
              + ttftMillis
              + " ms, TPOT "
              + tpotMillis
              + " ms, "
              + pieceSeconds
              + " s must be positive");
    }
  }

  /**
   * The same on the machine as it is now: shared machines change their speed by the minute, and a
   * load of 1 under the speed of a minute ago may be one of 1.3.
   *
   * @param speed of now ÷ then
   */
  Baseline at(double speed) {
    return new Baseline(
        requestsPerSecond * speed, ttftMillis / speed, tpotMillis / speed, pieceSeconds / speed);
  }
}
