package io.adaspec.runtime.scheduler;

/**
 * What one scheduler may do at once.
 *
 * @param maxSequences most sequences that advance at the same time; paused ones do not count
 * @param stepTokens rows of one target pass: decode rows, draft tokens to verify and prefill rows
 *     together
 * @param minPrefillTokens prefill rows that every step leaves room for while a prompt waits, so
 *     that prefill always goes on
 */
public record SchedulerLimits(int maxSequences, int stepTokens, int minPrefillTokens) {
  public SchedulerLimits {
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
    return new SchedulerLimits(Math.min(maxSequences, maxRows - prefill), maxRows, prefill);
  }

  /** 64 sequences, 512 tokens a step, at least 32 of them for prefill. */
  public static SchedulerLimits defaults() {
    return new SchedulerLimits(64, 512, 32);
  }
}
