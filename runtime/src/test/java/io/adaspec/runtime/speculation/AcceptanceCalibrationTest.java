package io.adaspec.runtime.speculation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.adaspec.runtime.request.SloTarget;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class AcceptanceCalibrationTest {
  private static final BatchView.Entry UNKNOWN =
      Batches.entry(0, 8, SloTarget.none(), 1, 0, Double.NaN);

  @Test
  void believesConfidenceBeforeItHasLabels() {
    AcceptanceCalibration initial = AcceptanceCalibration.initial();

    assertThat(initial.acceptance(UNKNOWN, DrafterKind.MODEL, 3, 0.8f, 2))
        .isCloseTo(0.8, within(1e-6));
    assertThat(initial.meanAcceptance(UNKNOWN, DrafterKind.MODEL, 0)).isEqualTo(0.6);
  }

  @Test
  void learnsAnOverconfidentDraftAndForgetsWhenItChanges() {
    SplittableRandom random = new SplittableRandom(1);
    AcceptanceCalibration learned =
        teach(AcceptanceCalibration.initial(), random, 4000, c -> logistic(c, 0.8, -1));
    for (float confidence : new float[] {0.4f, 0.6f, 0.8f, 0.9f}) {
      assertThat(learned.acceptance(UNKNOWN, DrafterKind.MODEL, 0, confidence, 0))
          .isCloseTo(logistic(confidence, 0.8, -1), within(0.08));
    }
    AcceptanceCalibration changed = teach(learned, random, 4000, c -> logistic(c, 0.5, 0.7));
    for (float confidence : new float[] {0.4f, 0.6f, 0.8f, 0.9f}) {
      assertThat(changed.acceptance(UNKNOWN, DrafterKind.MODEL, 0, confidence, 0))
          .isCloseTo(logistic(confidence, 0.5, 0.7), within(0.08));
    }
  }

  @Test
  void tellsEasyFromHardRequestsOfEqualConfidence() {
    SplittableRandom random = new SplittableRandom(2);
    AcceptanceCalibration.Fold fold = AcceptanceCalibration.initial().fold();
    for (int i = 0; i < 4000; i++) {
      boolean easy = random.nextBoolean();
      double rate = easy ? 0.9 : 0.4;
      fold.add(DrafterKind.MODEL, 0, 0.7f, 1, rate, random.nextDouble() < rate);
    }
    AcceptanceCalibration learned = fold.next();

    assertThat(at(learned, 0.9)).isCloseTo(0.9, within(0.05));
    assertThat(at(learned, 0.4)).isCloseTo(0.4, within(0.05));
  }

  @Test
  void aPositionWithoutLabelsFollowsTheOneBefore() {
    AcceptanceCalibration learned =
        teach(AcceptanceCalibration.initial(), new SplittableRandom(3), 2000, c -> c / 2);

    assertThat(learned.acceptance(UNKNOWN, DrafterKind.MODEL, 5, 0.8f, 0))
        .isEqualTo(learned.acceptance(UNKNOWN, DrafterKind.MODEL, 0, 0.8f, 0));
    assertThat(learned.acceptance(UNKNOWN, DrafterKind.NGRAM, 0, 1, 3))
        .isEqualTo(AcceptanceCalibration.initial().acceptance(UNKNOWN, DrafterKind.NGRAM, 0, 1, 3));
  }

  @Test
  void aFallingSlopeIsNotBelieved() {
    AcceptanceCalibration learned =
        teach(AcceptanceCalibration.initial(), new SplittableRandom(4), 3000, c -> 1 - c);

    assertThat(learned.acceptance(UNKNOWN, DrafterKind.MODEL, 0, 0.9f, 0))
        .isGreaterThanOrEqualTo(learned.acceptance(UNKNOWN, DrafterKind.MODEL, 0, 0.2f, 0));
  }

  @Test
  void onlyPositionsThatWereVerifiedAndReachedAreLabels() {
    float[] confidences = {.9f, .8f, .7f, .6f, .5f};
    StepReport report =
        Reports.of(
            new StepReport.Drafted(
                0, DrafterKind.MODEL, 5, 4, 1, 2, confidences, new float[5], Double.NaN),
            new StepReport.Drafted(
                1, DrafterKind.MODEL, 5, 2, 2, 3, confidences, new float[5], Double.NaN));
    ControllerState state =
        SpeculationController.next(ControllerState.initial(), report, new TestCost(1, 1, 1, 1));

    assertThat(state.calibration().labels(DrafterKind.MODEL, 0)).isEqualTo(2);
    assertThat(state.calibration().labels(DrafterKind.MODEL, 1)).isEqualTo(2);
    assertThat(state.calibration().labels(DrafterKind.MODEL, 2)).isZero();
    assertThat(state.lifetimeConfidence()).isCloseTo(0.7, within(1e-6));
    assertThat(state.smartSpec().forkRate()).isEqualTo(0.5);
  }

  private static double at(AcceptanceCalibration calibration, double rate) {
    BatchView.Entry entry = Batches.entry(0, 8, SloTarget.none(), 1, 0, rate);
    return calibration.acceptance(entry, DrafterKind.MODEL, 0, 0.7f, 1);
  }

  private static double logistic(double confidence, double slope, double offset) {
    return 1 / (1 + Math.exp(-slope * Math.log(confidence / (1 - confidence)) - offset));
  }

  private interface Truth {
    double of(double confidence);
  }

  private static AcceptanceCalibration teach(
      AcceptanceCalibration from, SplittableRandom random, int labels, Truth truth) {
    AcceptanceCalibration.Fold fold = from.fold();
    for (int i = 0; i < labels; i++) {
      float confidence = (float) random.nextDouble(0.05, 0.99);
      boolean accepted = random.nextDouble() < truth.of(confidence);
      fold.add(DrafterKind.MODEL, 0, confidence, 0, Double.NaN, accepted);
    }
    return fold.next();
  }
}
