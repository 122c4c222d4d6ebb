package io.adaspec.benchmarks.serving;

import io.adaspec.runtime.request.TokenIds;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The requests of a block: Poisson arrivals, drawn classes, distinct prompts. A function of seed,
 * load and block alone, so every policy gets the same.
 *
 * @param plan lengths, classes and seed
 * @param prompts where the next prompt comes from
 */
record OpenLoopTraffic(ServingPlan plan, PromptSource prompts) {
  /**
   * One request to come.
   *
   * @param number names it among all of a measurement, and seeds its sampling
   * @param seconds its arrival after the beginning of the block
   * @param rule its class
   * @param prompt its tokens
   */
  record Arrival(long number, double seconds, TargetRule rule, TokenIds prompt) {}

  /** Prompts by number; the same number is the same prompt. */
  @FunctionalInterface
  interface PromptSource {
    TokenIds prompt(long number, int tokens);

    /** Random tokens of a vocabulary whose first ids may be special. */
    static PromptSource random(int vocabularySize, long seed) {
      int first = Math.min(vocabularySize / 2, 512);
      return (number, tokens) ->
          TokenIds.of(
              new SplittableRandom(seed * 1_000_003 + number)
                  .ints(tokens, first, vocabularySize)
                  .toArray());
    }

    /** Those of a list, again and again. */
    static PromptSource of(List<TokenIds> list) {
      return (number, tokens) -> list.get(Math.floorMod(number, list.size()));
    }
  }

  /**
   * Arrivals of one block, in order.
   *
   * @param requestsPerSecond mean rate
   */
  List<Arrival> block(double load, int block, double requestsPerSecond) {
    long own = Double.hashCode(load) * 1_000_003L + block;
    SplittableRandom random = new SplittableRandom(plan.seed() * 0x9E3779B97F4A7C15L + own);
    List<Arrival> arrivals = new ArrayList<>();
    double at = gap(random, requestsPerSecond);
    while (at < plan.blockSeconds()) {
      long number = (own << 20) + arrivals.size();
      TokenIds prompt = prompts.prompt(number, plan.promptTokens());
      arrivals.add(new Arrival(number, at, rule(random.nextDouble()), prompt));
      at += gap(random, requestsPerSecond);
    }
    return List.copyOf(arrivals);
  }

  private static double gap(SplittableRandom random, double requestsPerSecond) {
    return -Math.log1p(-random.nextDouble()) / requestsPerSecond;
  }

  private TargetRule rule(double uniform) {
    double all = plan.classes().stream().mapToDouble(TargetRule::share).sum();
    double left = uniform * all;
    for (TargetRule rule : plan.classes()) {
      left -= rule.share();
      if (left < 0) {
        return rule;
      }
    }
    return plan.classes().getLast();
  }
}
