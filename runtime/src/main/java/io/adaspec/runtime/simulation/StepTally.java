package io.adaspec.runtime.simulation;

import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.StepReport;
import java.util.Arrays;

/**
 * Adds up steps, and compares them with what plain decoding would have needed for the same tokens.
 *
 * <p>A step that emits N tokens for B sequences spares {@code N / B − 1} plain steps: its plain
 * equivalent is {@code plainOfStep + (N − B) · plain / B}, with the step's own prefill in {@code
 * plainOfStep} and what it adds left out of {@code plain}. The ratio of the two sums over any
 * window of {@value #WINDOW} steps is the gain there. Not thread-safe.
 */
public final class StepTally {
  private static final int WINDOW = 1000;

  private final CostModel cost;
  private final double[] actual = new double[WINDOW];
  private final double[] equivalent = new double[WINDOW];
  private double windowActual;
  private double windowEquivalent;
  private double worstGain = Double.POSITIVE_INFINITY;
  private double busyNanos;
  private double equivalentNanos;
  private long steps;
  private long emitted;
  private long samplers;
  private long drafted;
  private long verified;
  private long accepted;
  private long preemptions;
  private long prefillRows;

  StepTally(CostModel cost) {
    this.cost = cost;
  }

  void add(StepReport report) {
    int sampling = 0;
    for (StepReport.Drafted each : report.sequences()) {
      sampling += each.emitted() > 0 ? 1 : 0;
    }
    double plain = plainEquivalentNanos(report, sampling);
    double nanos = report.totalNanos();
    int at = (int) (steps % WINDOW);
    windowActual += nanos - actual[at];
    windowEquivalent += plain - equivalent[at];
    actual[at] = nanos;
    equivalent[at] = plain;
    steps++;
    if (steps % WINDOW == 0) {
      windowActual = Arrays.stream(actual).sum();
      windowEquivalent = Arrays.stream(equivalent).sum();
    }
    if (steps >= WINDOW) {
      worstGain = Math.min(worstGain, windowEquivalent / windowActual);
    }
    busyNanos += nanos;
    equivalentNanos += plain;
    emitted += report.emittedTokens();
    samplers += sampling;
    drafted += report.draftedTokens();
    verified += report.verifiedTokens();
    accepted += report.acceptedTokens();
    preemptions += report.preemptions();
    prefillRows += report.prefillRows();
  }

  private double plainEquivalentNanos(StepReport report, int sampling) {
    int rows = Math.max(1, report.targetRows() - report.verifiedTokens());
    long reads = Math.max(0, report.targetContextReads() - report.verifiedTokens());
    double plainOfStep =
        cost.overheadNanos(report.sequences().size()) + cost.targetPassNanos(rows, reads);
    if (sampling == 0) {
      return plainOfStep;
    }
    double plain = plainOfStep - cost.prefillShareNanos(rows, reads, report.prefillRows());
    return plainOfStep + (report.emittedTokens() - sampling) * plain / sampling;
  }

  public long steps() {
    return steps;
  }

  /** Time that devices worked. */
  public double busyNanos() {
    return busyNanos;
  }

  /** Output tokens. */
  public long emittedTokens() {
    return emitted;
  }

  public long draftedTokens() {
    return drafted;
  }

  public long verifiedTokens() {
    return verified;
  }

  public long acceptedTokens() {
    return accepted;
  }

  public long preemptions() {
    return preemptions;
  }

  public long prefillRows() {
    return prefillRows;
  }

  /** Output tokens per sequence and step that samples: the acceptance length. */
  public double acceptanceLength() {
    return samplers == 0 ? 1 : (double) emitted / samplers;
  }

  /** Time that plain decoding would have needed for the same tokens ÷ time taken. */
  public double gain() {
    return busyNanos == 0 ? 1 : equivalentNanos / busyNanos;
  }

  /** The least gain over {@value #WINDOW} steps in a row; the whole gain when there were fewer. */
  public double worstGain() {
    return Double.isInfinite(worstGain) ? gain() : worstGain;
  }
}
