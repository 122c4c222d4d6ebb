package io.adaspec.runtime.speculation.control;

import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.speculation.StepObservation;
import java.util.List;

/**
 * How well the decoding sequences of one class keep the pace of their TPOT targets: the share of
 * (sequence, step) pairs on their target, as a moving mean with a time constant of {@value
 * #MEMORY_NANOS} ns. Those that miss their targets whatever is done do not count. A class of which
 * nobody decodes for that long keeps its pace. Immutable.
 *
 * @param pace share on target, 0 to 1
 * @param drafts draft tokens of the class per step in the last look
 * @param seenNanos when somebody with a target last decoded
 */
record SloWindow(double pace, double drafts, long seenNanos) {
  private static final double MEMORY_NANOS = 2e9;

  static SloWindow begin(long nowNanos) {
    return new SloWindow(1, 0, nowNanos);
  }

  SloWindow next(List<StepObservation> steps, ServiceClass of, long passedNanos, long nowNanos) {
    int paced = 0;
    int onPace = 0;
    double drafted = 0;
    for (StepObservation step : steps) {
      StepObservation.OfClass own = step.of(of);
      paced += own.paced();
      onPace += own.onPace();
      drafted += own.model().drafted() + own.lookup().drafted();
    }
    double perStep = drafted / Math.max(1, steps.size());
    if (paced == 0) {
      boolean gone = nowNanos - seenNanos > MEMORY_NANOS;
      return new SloWindow(gone ? 1 : pace, perStep, seenNanos);
    }
    double weight = -Math.expm1(-passedNanos / MEMORY_NANOS);
    double share = (double) onPace / paced;
    return new SloWindow(pace + weight * (share - pace), perStep, nowNanos);
  }
}
