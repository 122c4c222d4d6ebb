package io.adaspec.runtime.speculation.control;

import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.speculation.StepObservation;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** A controller that looks four times a second at steps of 10 ms. */
final class Looks {
  static final long LOOK_NANOS = 250_000_000L;
  private static final long STEP_NANOS = 10_000_000L;

  PolicyController controller;
  long nowNanos;
  private int running = 4;
  private int waiting;
  private double predictionError = 0.05;
  private final Map<ServiceClass, StepObservation.OfClass> classes =
      new EnumMap<>(ServiceClass.class);

  Looks(PolicyController begun) {
    controller = begun;
    for (ServiceClass each : ServiceClass.values()) {
      classes.put(each, StepObservation.OfClass.NONE);
    }
  }

  Looks load(int sequences, int queued) {
    running = sequences;
    waiting = queued;
    return this;
  }

  Looks predictionError(double error) {
    predictionError = error;
    return this;
  }

  /**
   * The class decodes from now on.
   *
   * @param onPace of four sequences
   * @param modelGain gain ÷ step time of the draft model's drafts; NaN without drafts
   */
  Looks decodes(ServiceClass of, int onPace, double modelGain) {
    classes.put(
        of,
        new StepObservation.OfClass(
            running, 4, onPace, drafts(modelGain), StepObservation.Drafts.NONE));
    return this;
  }

  /** The same with n-gram drafts. */
  Looks looksUp(ServiceClass of, double gain) {
    classes.put(
        of, new StepObservation.OfClass(running, 4, 4, StepObservation.Drafts.NONE, drafts(gain)));
    return this;
  }

  private static StepObservation.Drafts drafts(double gain) {
    return Double.isNaN(gain)
        ? StepObservation.Drafts.NONE
        : new StepObservation.Drafts(8, 6, 3, gain * STEP_NANOS);
  }

  /** Steps and looks for so long. */
  Looks seconds(double seconds) {
    for (long left = Math.round(seconds * 1e9 / LOOK_NANOS); left > 0; left--) {
      look(25);
    }
    return this;
  }

  void look(int steps) {
    List<StepObservation> seen = new ArrayList<>();
    for (int i = 0; i < steps; i++) {
      seen.add(
          new StepObservation(
              controller.policy().version(),
              STEP_NANOS,
              predictionError,
              new StepObservation.Load(running, waiting, 0.3, 0.1),
              List.copyOf(classes.values())));
    }
    nowNanos += LOOK_NANOS;
    controller = controller.next(seen, nowNanos);
  }

  ControlReport.OfClass report(ServiceClass of) {
    return controller.report(nowNanos).of(of);
  }
}
