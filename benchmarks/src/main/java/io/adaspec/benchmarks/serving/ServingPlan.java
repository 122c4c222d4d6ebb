package io.adaspec.benchmarks.serving;

import java.util.List;
import java.util.Locale;

/**
 * What is measured.
 *
 * @param policies the first is what the others are compared with
 * @param loads mean arrival rates as shares of what plain decoding can just serve
 * @param blocks of each load and policy
 * @param blockSeconds of arrivals; what has arrived is served to its end before the next block
 * @param promptTokens of each request
 * @param outputTokens of each request, whatever the text says
 * @param temperature 0 for greedy
 * @param classes shares of the service classes and their targets
 * @param seed of arrivals, classes and prompts
 */
record ServingPlan(
    List<String> policies,
    List<Double> loads,
    int blocks,
    double blockSeconds,
    int promptTokens,
    int outputTokens,
    float temperature,
    List<TargetRule> classes,
    long seed) {
  ServingPlan {
    policies = List.copyOf(policies);
    loads = List.copyOf(loads);
    classes = List.copyOf(classes);
    if (policies.isEmpty() || loads.isEmpty() || classes.isEmpty()) {
      throw new IllegalArgumentException("name at least one policy, one load and one class");
    }
    if (blocks < 1 || !(blockSeconds > 0) || promptTokens < 1 || outputTokens < 2) {
      throw new IllegalArgumentException(
          blocks
              + " blocks of "
              + blockSeconds
              + " s with prompts of "
              + promptTokens
              + " and outputs of "
              + outputTokens
              + " tokens: all must be positive, outputs at least 2");
    }
  }

  /** Who is measured in which order in a block: A B … then … B A, so that drifts cancel. */
  List<String> order(int block) {
    return block % 2 == 0 ? policies : policies.reversed();
  }

  /** All that makes two measurements comparable; the number of blocks does not matter. */
  String identity(String pair) {
    return String.format(
        Locale.ROOT,
        "pair %s, blocks of %s s, prompts %d, outputs %d, temperature %s, classes %s, seed %d",
        pair,
        blockSeconds,
        promptTokens,
        outputTokens,
        temperature,
        classes,
        seed);
  }
}
