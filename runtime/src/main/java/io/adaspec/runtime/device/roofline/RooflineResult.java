package io.adaspec.runtime.device.roofline;

import java.util.Arrays;
import java.util.OptionalDouble;

/**
 * What one kind of step took.
 *
 * @param kind of step
 * @param sequences in it
 * @param rows of each: tokens computed by the target, drafts included
 * @param contextTokens computed before the first step, of each
 * @param medianNanos of a step
 * @param leastNanos of a step
 * @param verifyNanos median of the target's part of it
 * @param tokensPerStep prompt tokens of a prefill, else output tokens, of all sequences
 * @param acceptance share of draft tokens that were accepted; none where nothing is drafted
 * @param bytes that a step must read
 * @param flops that it must calculate
 */
public record RooflineResult(
    Kind kind,
    int sequences,
    int rows,
    int contextTokens,
    double medianNanos,
    double leastNanos,
    double verifyNanos,
    double tokensPerStep,
    OptionalDouble acceptance,
    double bytes,
    double flops) {
  private static final double NANOS_PER_SECOND = 1e9;

  /** Kinds of steps. */
  public enum Kind {
    /** One row of every sequence. */
    DECODE,
    /** A prompt at once. */
    PREFILL,
    /** Draft passes of the draft model and a verify pass. */
    CYCLE
  }

  /** Bytes per second, if nothing was read twice. */
  public double bytesPerSecond() {
    return bytes * NANOS_PER_SECOND / medianNanos;
  }

  public double flopsPerSecond() {
    return flops * NANOS_PER_SECOND / medianNanos;
  }

  public double tokensPerSecond() {
    return tokensPerStep * NANOS_PER_SECOND / medianNanos;
  }

  RooflineResult withAcceptance(OptionalDouble share) {
    return new RooflineResult(
        kind,
        sequences,
        rows,
        contextTokens,
        medianNanos,
        leastNanos,
        verifyNanos,
        tokensPerStep,
        share,
        bytes,
        flops);
  }

  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
