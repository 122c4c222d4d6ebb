package io.adaspec.benchmarks.serving;

import io.adaspec.benchmarks.statistics.Interval;
import io.adaspec.benchmarks.statistics.Verdict;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** What is compared; every figure is one of all requests of the blocks that it is given. */
enum Figure {
  ATTAINMENT("SLO met %", true),
  GOODPUT("goodput tokens/s", true),
  THROUGHPUT("output tokens/s", true),
  TTFT_MEAN("TTFT ms mean", false),
  TTFT_P99("TTFT ms p99", false),
  TPOT_MEAN("TPOT ms mean", false),
  TPOT_P99("TPOT ms p99", false),
  E2E_MEAN("E2E ms mean", false),
  E2E_P99("E2E ms p99", false);

  private final String text;
  private final boolean moreIsBetter;

  Figure(String text, boolean moreIsBetter) {
    this.text = text;
    this.moreIsBetter = moreIsBetter;
  }

  /** With its unit. */
  String text() {
    return text;
  }

  /** Compared by difference in points, not by ratio. */
  boolean isDifference() {
    return this == ATTAINMENT;
  }

  double of(List<Block> blocks) {
    return switch (this) {
      case ATTAINMENT -> 100 * share(blocks);
      case GOODPUT -> sum(blocks, Block::goodTokens) / sum(blocks, Block::seconds);
      case THROUGHPUT -> sum(blocks, Block::tokens) / sum(blocks, Block::seconds);
      case TTFT_MEAN -> mean(blocks, ServedRequest::ttftMillis);
      case TTFT_P99 -> p99(blocks, ServedRequest::ttftMillis);
      case TPOT_MEAN -> mean(blocks, ServedRequest::tpotMillis);
      case TPOT_P99 -> p99(blocks, ServedRequest::tpotMillis);
      case E2E_MEAN -> mean(blocks, ServedRequest::e2eMillis);
      case E2E_P99 -> p99(blocks, ServedRequest::e2eMillis);
    };
  }

  /**
   * Subject beside baseline, with both from the same blocks.
   *
   * @param subject [blocks]
   * @param baseline [blocks] that served the same requests
   */
  Interval compare(List<Block> subject, List<Block> baseline) {
    return Interval.of(
        subject.size(),
        choice -> {
          double own = of(Arrays.stream(choice).mapToObj(subject::get).toList());
          double other = of(Arrays.stream(choice).mapToObj(baseline::get).toList());
          return isDifference() ? own - other : own == other ? 1 : own / other;
        });
  }

  Verdict verdict(Interval interval) {
    return Verdict.of(interval, isDifference() ? 0 : 1, moreIsBetter);
  }

  private static double share(List<Block> blocks) {
    long all = blocks.stream().mapToLong(block -> block.requests().size()).sum();
    long met =
        blocks.stream()
            .flatMap(block -> block.requests().stream())
            .filter(ServedRequest::metSlo)
            .count();
    return all == 0 ? 1 : (double) met / all;
  }

  private static double sum(List<Block> blocks, ToDoubleFunction<Block> number) {
    return blocks.stream().mapToDouble(number).sum();
  }

  private static double mean(List<Block> blocks, ToDoubleFunction<ServedRequest> number) {
    return blocks.stream()
        .flatMap(block -> block.requests().stream())
        .mapToDouble(number)
        .average()
        .orElse(0);
  }

  private static double p99(List<Block> blocks, ToDoubleFunction<ServedRequest> number) {
    double[] sorted =
        blocks.stream()
            .flatMap(block -> block.requests().stream())
            .mapToDouble(number)
            .sorted()
            .toArray();
    return sorted.length == 0 ? 0 : sorted[(int) Math.ceil(0.99 * sorted.length) - 1];
  }
}
