package io.adaspec.runtime.speculation;

/**
 * How much prefill a step may do.
 *
 * @param prefillTokens most prefill rows of the step; the scheduler's own limits apply as well
 */
public record StepBudget(int prefillTokens) {
  public StepBudget {
    if (prefillTokens < 0) {
      throw new IllegalArgumentException(
          "prefill budget must not be negative, is " + prefillTokens);
    }
  }

  /** As much as the scheduler's limits allow. */
  public static StepBudget unlimited() {
    return new StepBudget(Integer.MAX_VALUE);
  }
}
