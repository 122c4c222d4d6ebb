package io.adaspec.runtime.speculation;

/**
 * Predicted durations of the parts of a step on one device. Immutable; monotone in every argument.
 *
 * <p>A step takes {@code overhead + Σ draft passes + one target pass}.
 */
public interface CostModel {
  /**
   * One target pass.
   *
   * @param rows tokens computed: prefill rows, decode rows and draft tokens to verify
   * @param contextTokens key/value positions read, as {@link BatchView#contextReads} counts them
   * @return nanoseconds; 0 for no rows
   */
  double targetPassNanos(int rows, long contextTokens);

  /**
   * One draft pass.
   *
   * @param rows tokens computed by the draft model, catch-up included
   * @param contextTokens key/value positions read, as {@link BatchView#contextReads} counts them
   * @return nanoseconds; 0 for no rows
   */
  double draftPassNanos(int rows, long contextTokens);

  /**
   * Everything else of a step: planning, sampling, acceptance, messages.
   *
   * @param sequences sequences in the step
   * @return nanoseconds
   */
  double overheadNanos(int sequences);

  /**
   * What a target pass takes less because some of its rows yield no logits, as most prefill rows
   * do.
   *
   * @param rows how many of the pass's rows
   * @return nanoseconds, less than the pass takes
   */
  default double prefillSavingNanos(int rows) {
    return 0;
  }
}
