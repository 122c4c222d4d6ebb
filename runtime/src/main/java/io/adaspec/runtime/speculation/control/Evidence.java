package io.adaspec.runtime.speculation.control;

import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.speculation.StepObservation;
import java.util.List;
import java.util.function.Function;

/**
 * What one drafter earned for one class. With x the gain ÷ time of those steps of a look in which
 * it drafted, and mean m and standard error s of x over looks that fade with a time constant of
 * {@value #MEMORY_NANOS} ns, the gain is {@code 1 + m} times the speed of plain decoding and lies
 * within {@code 1 + m ± 3 s}. Looks and not steps are counted, because steps in a row are much
 * alike. Steps whose prediction was off by more than half say nothing, because what plain decoding
 * would have taken is a prediction too. Immutable.
 *
 * @param looks in which it drafted, faded
 * @param sum of x, faded
 * @param squares of x added up, faded
 * @param decoded steps in which the class decoded, faded
 * @param drafted of these, steps in which it drafted
 * @param reached draft tokens judged, faded
 * @param accepted of these, tokens kept
 */
record Evidence(
    double looks,
    double sum,
    double squares,
    double decoded,
    double drafted,
    double reached,
    double accepted) {
  private static final double MEMORY_NANOS = 10e9;
  private static final double MOST_ERROR = 0.5;
  private static final int LEAST_LOOKS = 8;
  private static final double ERRORS = 3;
  private static final int LEAST_STEPS = 64;
  private static final double IDLE_SHARE = 1.0 / 16;
  private static final Evidence NONE = new Evidence(0, 0, 0, 0, 0, 0, 0);

  static Evidence none() {
    return NONE;
  }

  /** After a look. */
  Evidence next(
      List<StepObservation> steps,
      ServiceClass of,
      Function<StepObservation.OfClass, StepObservation.Drafts> drafter,
      long passedNanos) {
    int decoding = 0;
    int drafting = 0;
    int judged = 0;
    int kept = 0;
    double gainNanos = 0;
    double nanos = 0;
    for (StepObservation step : steps) {
      StepObservation.OfClass own = step.of(of);
      StepObservation.Drafts drafts = drafter.apply(own);
      decoding += own.decoding() > 0 ? 1 : 0;
      drafting += drafts.drafted() > 0 ? 1 : 0;
      if (drafts.drafted() > 0 && step.predictionError() <= MOST_ERROR) {
        judged += drafts.reached();
        kept += drafts.accepted();
        gainNanos += drafts.gainNanos();
        nanos += step.totalNanos();
      }
    }
    double keep = Math.exp(-passedNanos / MEMORY_NANOS);
    double x = nanos > 0 ? gainNanos / nanos : 0;
    return new Evidence(
        keep * looks + (nanos > 0 ? 1 : 0),
        keep * sum + x,
        keep * squares + x * x,
        keep * decoded + decoding,
        keep * drafted + drafting,
        keep * reached + judged,
        keep * accepted + kept);
  }

  private double mean() {
    return sum / looks;
  }

  private double error() {
    double variance = Math.max(0, squares / looks - mean() * mean());
    return Math.sqrt(variance / (looks - 1));
  }

  /** Speed against plain decoding; NaN without drafts. */
  double gain() {
    return looks == 0 ? Double.NaN : 1 + mean();
  }

  /** Lower bound of the gain; NaN with fewer than {@value #LEAST_LOOKS} looks. */
  double gainLow() {
    return looks < LEAST_LOOKS ? Double.NaN : 1 + mean() - ERRORS * error();
  }

  /** Upper bound of the gain; NaN with fewer than {@value #LEAST_LOOKS} looks. */
  double gainHigh() {
    return looks < LEAST_LOOKS ? Double.NaN : 1 + mean() + ERRORS * error();
  }

  /**
   * Whether the strategy itself hardly uses the drafter: in few of at least {@value #LEAST_STEPS}
   * steps, which explore, and none of these gained.
   */
  boolean isIdle() {
    return decoded >= LEAST_STEPS && drafted <= IDLE_SHARE * decoded && !(gain() > 1);
  }

  /** Share of the judged draft tokens that were kept; NaN without any. */
  double acceptance() {
    return reached == 0 ? Double.NaN : accepted / reached;
  }
}
