package io.adaspec.runtime.speculation;

/** Folds what steps showed into the state that strategies are made with. Pure functions. */
public final class SpeculationController {
  private SpeculationController() {}

  /**
   * The state after one step.
   *
   * @param report of that step
   * @param cost the uncorrected cost model of its device
   */
  public static ControllerState next(ControllerState state, StepReport report, CostModel cost) {
    AcceptanceCalibration.Fold calibration = state.calibration().fold();
    double confidenceSum = state.confidenceSum();
    long confidenceCount = state.confidenceCount();
    for (StepReport.Drafted drafted : report.sequences()) {
      addLabels(calibration, drafted);
      for (float confidence : drafted.confidences()) {
        if (drafted.drafter() == DrafterKind.MODEL && !Float.isNaN(confidence)) {
          confidenceSum += confidence;
          confidenceCount++;
        }
      }
    }
    CostCorrection correction = state.correction().next(report, cost);
    return new ControllerState(
        calibration.next(),
        confidenceSum,
        confidenceCount,
        state.smartSpec().next(report.verifiedTokens(), report.acceptedTokens()),
        correction,
        state.ledger().next(report, correction.applied(cost)));
  }

  /** Only draft tokens that were verified and reached say anything of acceptance. */
  private static void addLabels(AcceptanceCalibration.Fold fold, StepReport.Drafted drafted) {
    int judged = Math.min(drafted.verified(), drafted.accepted() + 1);
    for (int j = 0; j < judged; j++) {
      fold.add(
          drafted.drafter(),
          j,
          drafted.confidences()[j],
          drafted.margins()[j],
          drafted.acceptanceRate(),
          j < drafted.accepted());
    }
  }
}
