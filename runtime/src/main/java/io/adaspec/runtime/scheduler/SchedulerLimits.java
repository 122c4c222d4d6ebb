package io.adaspec.runtime.scheduler;

import java.time.Duration;

/**
 * What one scheduler may do at once.
 *
 * @param maxSequences most sequences that advance at the same time; paused ones do not count
 * @param stepTokens rows of one target pass: decode rows, draft tokens to verify and prefill rows
 *     together
 * @param minPrefillTokens prefill rows that every step leaves room for while a prompt waits, so
 *     that prefill always goes on
 * @param longestStepNanos a step gets no more prefill rows than are predicted to keep it within
 *     this time; at least one, so that prefill goes on whatever it takes
 * @param decodeStretch a step in which sequences decode gets no more prefill rows than are
 *     predicted to make it so many times as long as it is without them; at least one. So a long
 *     prompt delays nobody's next token by more, and has all but one part in so many of the time
 */
public record SchedulerLimits(
    int maxSequences,
    int stepTokens,
    int minPrefillTokens,
    long longestStepNanos,
    double decodeStretch) {
  /** Tokens still come several times a second where plain decoding gives thirty. */
  private static final double DECODE_STRETCH = 8;

  private static final long LONGEST_STEP_NANOS = Duration.ofSeconds(10).toNanos();

  public SchedulerLimits {
    if (longestStepNanos <= 0) {
      throw new IllegalArgumentException(
          "the longest step must take more than 0 ns, not " + longestStepNanos);
    }
    if (!(decodeStretch > 1)) {
      throw new IllegalArgumentException(
          "a step with prefill must be allowed to take more than the time without, not "
              + decodeStretch
              + " times as long; 8 is a good value");
    }
    if (maxSequences <= 0 || minPrefillTokens <= 0) {
      throw new IllegalArgumentException(
          "sequences " + maxSequences + " and prefill " + minPrefillTokens + " must be positive");
    }
    if (stepTokens < maxSequences + minPrefillTokens) {
      throw new IllegalArgumentException(
          "a step of "
              + stepTokens
              + " tokens cannot hold "
              + maxSequences
              + " sequences and "
              + minPrefillTokens
              + " prefill tokens; raise the step tokens or lower the sequences");
    }
  }

  /** Limits with steps of at most 10 seconds that prefill makes at most 8 times as long. */
  public SchedulerLimits(int maxSequences, int stepTokens, int minPrefillTokens) {
    this(maxSequences, stepTokens, minPrefillTokens, LONGEST_STEP_NANOS, DECODE_STRETCH);
  }

  /** These limits with another bound on the time of a step. */
  public SchedulerLimits withLongestStepNanos(long nanos) {
    return new SchedulerLimits(maxSequences, stepTokens, minPrefillTokens, nanos, decodeStretch);
  }

  /** These limits with another bound on what prefill adds to a step in which sequences decode. */
  public SchedulerLimits withDecodeStretch(double stretch) {
    return new SchedulerLimits(
        maxSequences, stepTokens, minPrefillTokens, longestStepNanos, stretch);
  }

  /**
   * These limits on a device that takes fewer rows at once.
   *
   * @param maxRows most rows of one target pass of the device, at least 2
   */
  public SchedulerLimits within(int maxRows) {
    if (maxRows >= stepTokens) {
      return this;
    }
    int prefill = Math.max(1, Math.min(minPrefillTokens, maxRows / 4));
    return new SchedulerLimits(
        Math.min(maxSequences, maxRows - prefill),
        maxRows,
        prefill,
        longestStepNanos,
        decodeStretch);
  }

  /** 64 sequences, 512 tokens a step, at least 32 of them for prefill. */
  public static SchedulerLimits defaults() {
    return new SchedulerLimits(64, 512, 32);
  }
}
