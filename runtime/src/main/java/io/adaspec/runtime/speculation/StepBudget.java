package io.adaspec.runtime.speculation;

import io.adaspec.runtime.request.ServiceClass;
import java.util.Map;
import java.util.Set;

/**
 * How much work a step may take in: prefill rows, decode rows, newcomers.
 *
 * @param prefillTokens most prefill rows of the step; the scheduler's own limits apply as well
 * @param prefillNanosPerToken how fast prompts advance at that budget; 0 when nobody knows
 * @param leftOut places in the running batch of those that should not decode in this step, because
 *     more important ones would be late for it
 * @param newcomers by class: how many that can still meet their targets may be placed
 * @param lateNewcomers by class: how many that cannot may be placed
 */
public record StepBudget(
    int prefillTokens,
    double prefillNanosPerToken,
    Set<Integer> leftOut,
    Map<ServiceClass, Integer> newcomers,
    Map<ServiceClass, Integer> lateNewcomers) {
  private static final Map<ServiceClass, Integer> ALL =
      Map.of(
          ServiceClass.INTERACTIVE,
          Integer.MAX_VALUE,
          ServiceClass.STANDARD,
          Integer.MAX_VALUE,
          ServiceClass.BATCH,
          Integer.MAX_VALUE);

  public StepBudget {
    if (prefillTokens < 0) {
      throw new IllegalArgumentException(
          "prefill budget must not be negative, is " + prefillTokens);
    }
    leftOut = Set.copyOf(leftOut);
    newcomers = Map.copyOf(newcomers);
    lateNewcomers = Map.copyOf(lateNewcomers);
  }

  /** As much as the scheduler's limits allow. */
  public static StepBudget unlimited() {
    return new StepBudget(Integer.MAX_VALUE, 0, Set.of(), ALL, ALL);
  }
}
