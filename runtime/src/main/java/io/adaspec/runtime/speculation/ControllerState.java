package io.adaspec.runtime.speculation;

/**
 * What was learned from the steps so far; strategies are made with it and never change it. {@link
 * SpeculationController} folds it.
 *
 * @param calibration acceptance of draft tokens
 * @param confidenceSum confidences of all draft tokens since the start, added up
 * @param confidenceCount how many
 * @param smartSpec SmartSpec's rates
 * @param correction of the cost model
 * @param ledger of what speculation gained
 */
public record ControllerState(
    AcceptanceCalibration calibration,
    double confidenceSum,
    long confidenceCount,
    SmartSpecRates smartSpec,
    CostCorrection correction,
    SpeculationLedger ledger) {
  private static final double INITIAL_CONFIDENCE = 0.6;

  /** Before the first step. */
  public static ControllerState initial() {
    return new ControllerState(
        AcceptanceCalibration.initial(),
        0,
        0,
        SmartSpecRates.initial(),
        CostCorrection.none(),
        SpeculationLedger.initial());
  }

  /** The same with another correction, for another cost model. */
  public ControllerState withCorrection(CostCorrection other) {
    return new ControllerState(
        calibration, confidenceSum, confidenceCount, smartSpec, other, ledger);
  }

  /** Mean confidence since the start, as the released AdaSpec code keeps it. */
  double lifetimeConfidence() {
    return confidenceCount == 0 ? INITIAL_CONFIDENCE : confidenceSum / confidenceCount;
  }
}
