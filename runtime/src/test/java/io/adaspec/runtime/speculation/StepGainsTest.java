package io.adaspec.runtime.speculation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class StepGainsTest {
  private static final CostModel COST = new TestCost(1000, 50, 100, 10);

  private static StepReport.Drafted drafted(
      int sequence, DrafterKind drafter, int drafted, int verified, int accepted) {
    return new StepReport.Drafted(
        sequence,
        drafter,
        drafted,
        verified,
        accepted,
        accepted + 1,
        new float[drafted],
        new float[drafted],
        Double.NaN);
  }

  @Test
  void sharesAddUpToTheWhole() {
    StepReport report =
        Reports.timed(
            250,
            1400,
            2,
            4,
            9,
            drafted(0, DrafterKind.MODEL, 2, 2, 2),
            drafted(1, DrafterKind.MODEL, 2, 1, 0),
            drafted(2, DrafterKind.NGRAM, 5, 3, 1),
            drafted(3, DrafterKind.NONE, 0, 0, 0));

    StepGains gains = StepGains.of(report, COST);

    assertThat(Arrays.stream(gains.bySequence()).sum()).isCloseTo(gains.totalNanos(), within(1e-6));
    assertThat(gains.bySequence()[0]).isPositive();
    assertThat(gains.bySequence()[1]).isNegative();
    assertThat(gains.bySequence()[3]).isZero();
  }

  @Test
  void lookupsThatWereNotVerifiedNeitherGainNorLose() {
    StepReport report = Reports.timed(3, 1300, 0, 0, 1, drafted(0, DrafterKind.NGRAM, 4, 0, 0));

    StepGains gains = StepGains.of(report, COST);

    assertThat(gains.totalNanos()).isZero();
    assertThat(gains.bySequence()).containsExactly(0);
  }
}
