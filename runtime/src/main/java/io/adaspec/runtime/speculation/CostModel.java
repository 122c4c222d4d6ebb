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

  /**
   * What the prefill rows of a target pass add to it where it is: their number times what one more
   * row adds. Next to nothing while the pass is bound by memory, their full share when it is bound
   * by arithmetic. A step that prefills is worth that much without any output token.
   *
   * @param rows of the pass
   * @param contextTokens of the pass
   * @param prefillRows how many of its rows are prefill
   */
  default double prefillShareNanos(int rows, long contextTokens, int prefillRows) {
    int fewer = Math.min(prefillRows, 32);
    if (fewer <= 0 || fewer >= rows) {
      return 0;
    }
    double added =
        targetPassNanos(rows, contextTokens) - targetPassNanos(rows - fewer, contextTokens);
    return prefillRows * added / fewer;
  }
}
