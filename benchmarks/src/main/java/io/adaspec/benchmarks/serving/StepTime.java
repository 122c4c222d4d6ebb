package io.adaspec.benchmarks.serving;

/**
 * What an engine's steps took, and what speculation gained in them by the engine's own reckoning
 * against plain decoding of the same batches.
 *
 * @param seconds of steps
 * @param gainedSeconds that plain decoding would have taken more for the same tokens
 */
record StepTime(double seconds, double gainedSeconds) {
  static final StepTime NONE = new StepTime(0, 0);

  StepTime plus(StepTime other) {
    return new StepTime(seconds + other.seconds, gainedSeconds + other.gainedSeconds);
  }

  StepTime minus(StepTime before) {
    return new StepTime(seconds - before.seconds, gainedSeconds - before.gainedSeconds);
  }

  /** Speed against plain decoding. */
  double gain() {
    return seconds == 0 ? 1 : (seconds + gainedSeconds) / seconds;
  }
}
