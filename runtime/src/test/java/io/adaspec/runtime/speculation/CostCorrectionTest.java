package io.adaspec.runtime.speculation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** What measured steps make of a cost model. */
class CostCorrectionTest {
  private static final CostModel MODEL = new TestCost(1_000, 100, 0, 0);

  @Test
  void aDelayedFirstStepOfASizeCountsAsLittleMoreThanItsNeighbours() {
    CostCorrection learned = after(CostCorrection.none(), 16, 1, 20);
    learned = after(learned, 4, 12, 1);
    assertThat(factor(learned, 16)).isCloseTo(1, within(0.002));
    assertThat(factor(learned, 4)).isEqualTo(1.5);
  }

  @Test
  void theFirstStepOfAllIsBelieved() {
    assertThat(factor(after(CostCorrection.none(), 4, 3, 1), 4)).isEqualTo(3);
  }

  @Test
  void comesDownWithinAFewStepsAndGoesUpWithinDozens() {
    CostCorrection cold = after(CostCorrection.none(), 4, 10, 1);
    assertThat(factor(after(cold, 4, 1, 15), 4)).isCloseTo(1, within(0.15));
    CostCorrection warm = after(CostCorrection.none(), 4, 1, 1);
    assertThat(factor(after(warm, 4, 1.4, 3), 4)).isCloseTo(1.4 - 0.4 * 0.729, within(0.001));
    assertThat(factor(after(warm, 4, 1.4, 80), 4)).isCloseTo(1.4, within(0.02));
  }

  @Test
  void sizesThatAreNotSeenFollowWhenTheMachineGetsSlower() {
    CostCorrection learned = after(after(CostCorrection.none(), 1, 1, 40), 4, 2, 40);
    CostCorrection slower = after(learned, 4, 3, 60);
    assertThat(factor(slower, 4)).isCloseTo(3, within(0.02));
    assertThat(factor(slower, 1)).isBetween(1.3, 1.55);
    CostCorrection asBefore = after(slower, 4, 2, 60);
    assertThat(factor(asBefore, 1)).isBetween(0.95, 1.2);
  }

  @Test
  void aSizeThatIsNewSaysNothingOfTheMachine() {
    CostCorrection learned = after(CostCorrection.none(), 1, 1, 40);
    learned = after(after(learned, 4, 1.5, 1), 4, 1, 10);
    assertThat(factor(learned, 1)).isCloseTo(1, within(0.02));
  }

  @Test
  void aSizeThatIsNotSeenAnyMoreGoesToTheFactorOfThePresentOne() {
    CostCorrection learned = after(after(CostCorrection.none(), 16, 1, 20), 4, 12, 200);
    assertThat(factor(learned, 4)).isGreaterThan(10);
    assertThat(factor(after(learned, 16, 1, 100), 4)).isGreaterThan(8);
    assertThat(factor(after(learned, 16, 1, 2_000), 4)).isLessThan(2.5);
    assertThat(factor(after(learned, 16, 1, 6_000), 4)).isLessThan(1.1);
  }

  @Test
  void draftsThatCatchUpSayNothingOfThoseThatDoNot() {
    CostModel model = new TestCost(1_000, 100, 100, 10);
    CostCorrection learned = CostCorrection.none();
    for (int step = 0; step < 50; step++) {
      learned = learned.next(Reports.timed(2 * 140, 1_400, 2, 8, 4), model);
    }
    CostCorrection slow = learned;
    for (int step = 0; step < 50; step++) {
      slow = slow.next(Reports.timed(5 * 2_000, 1_400, 2, 400, 4), model);
    }
    assertThat(slow.applied(model).draftPassNanos(4, 0)).isCloseTo(140, within(1.0));
    assertThat(slow.applied(model).draftPassNanos(200, 0)).isGreaterThan(3_000);
  }

  @Test
  void whatAStepTakesBesideItsPassesIsAddedToEveryStepAlike() {
    StepReport step = Reports.timed(0, (long) MODEL.targetPassNanos(4, 0), 0, 0, 4);
    CostModel learned =
        CostCorrection.none().next(Reports.committedLater(150_000, step), MODEL).applied(MODEL);
    assertThat(learned.overheadNanos(1)).isEqualTo(150_000);
    assertThat(learned.overheadNanos(8)).isEqualTo(150_000);
    assertThat(learned.targetPassNanos(4, 0)).isEqualTo(MODEL.targetPassNanos(4, 0));
  }

  private static CostCorrection after(
      CostCorrection before, int rows, double timesPrediction, int steps) {
    CostCorrection learned = before;
    long nanos = (long) (timesPrediction * MODEL.targetPassNanos(rows, 0));
    for (int step = 0; step < steps; step++) {
      learned = learned.next(Reports.timed(0, nanos, 0, 0, rows), MODEL);
    }
    return learned;
  }

  private static double factor(CostCorrection correction, int rows) {
    return correction.applied(MODEL).targetPassNanos(rows, 0) / MODEL.targetPassNanos(rows, 0);
  }
}
