package io.adaspec.runtime.speculation.control;

import io.adaspec.runtime.speculation.StepObservation;
import java.util.List;

/**
 * Load of a device, as moving means with a time constant of {@value #MEMORY_NANOS} ns, in the
 * beginning means of all; a look without steps counts as nobody running. The engine counts as
 * overloaded from {@value #OVERLOADED} waiting requests per running sequence on, and until there
 * are less than {@value #RELIEVED}. Immutable.
 *
 * @param seenNanos how long was looked at
 * @param running sequences that hold KV
 * @param waiting requests without a place
 * @param decoding sequences that yield tokens in a step
 * @param kvUse share of target KV in use
 * @param draftKvUse share of draft KV in use
 * @param predictionError of the cost model, as a share of measured time
 * @param overloaded whether drafts must prove themselves
 */
record LoadWindow(
    long seenNanos,
    double running,
    double waiting,
    double decoding,
    double kvUse,
    double draftKvUse,
    double predictionError,
    boolean overloaded) {
  private static final double MEMORY_NANOS = 2e9;
  private static final double OVERLOADED = 0.5;
  private static final double RELIEVED = 0.2;
  private static final int LEAST_TO_FALL_FROM = 2;

  static LoadWindow begin() {
    return new LoadWindow(0, 0, 0, 0, 0, 0, 0, false);
  }

  /**
   * Whether load has fallen.
   *
   * @param from decoding sequences of a step; not if there were less than {@value
   *     #LEAST_TO_FALL_FROM}
   * @param share of these that a step now holds at most
   */
  boolean hasFallen(double from, double share) {
    return from >= LEAST_TO_FALL_FROM && decoding <= share * from;
  }

  LoadWindow next(List<StepObservation> steps, long passedNanos) {
    double sumRunning = 0;
    double sumWaiting = 0;
    double sumDecoding = 0;
    double sumKv = 0;
    double sumDraftKv = 0;
    double sumError = 0;
    for (StepObservation step : steps) {
      sumRunning += step.load().running();
      sumWaiting += step.load().waiting();
      sumKv += step.load().kvUse();
      sumDraftKv += step.load().draftKvUse();
      sumError += Math.min(1, step.predictionError());
      for (StepObservation.OfClass each : step.classes()) {
        sumDecoding += each.decoding();
      }
    }
    int count = Math.max(1, steps.size());
    long seen = seenNanos + passedNanos;
    double weight =
        Math.max(
            -Math.expm1(-passedNanos / MEMORY_NANOS), (double) passedNanos / Math.max(1, seen));
    double nowRunning = running + weight * (sumRunning / count - running);
    double nowWaiting = waiting + weight * (sumWaiting / count - waiting);
    double pressure = nowWaiting / Math.max(1, nowRunning);
    return new LoadWindow(
        seen,
        nowRunning,
        nowWaiting,
        decoding + weight * (sumDecoding / count - decoding),
        kvUse + weight * (sumKv / count - kvUse),
        draftKvUse + weight * (sumDraftKv / count - draftKvUse),
        steps.isEmpty()
            ? predictionError
            : predictionError + weight * (sumError / count - predictionError),
        pressure >= (overloaded ? RELIEVED : OVERLOADED));
  }
}
