package io.adaspec.runtime.speculation;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import java.util.List;
import org.junit.jupiter.api.Test;

class StepExplanationTest {
  private static final CostModel COST = new TestCost(1_000_000, 100_000, 100_000, 100_000);

  /** A step before which the draft model has read nothing of a text of 600 tokens. */
  private static StepExplanation explained(String strategy) {
    BatchView.Entry entry =
        new BatchView.Entry(
            0, 599, 1, true, 8, 600, 5, ServiceClass.STANDARD, SloTarget.none(), 0, Double.NaN);
    PolicySnapshot policy = new PolicySnapshot(1, strategy, DrafterKind.MODEL, 4, Verifier.COUPLED);
    StepDecision decision =
        new StepDecision(WaitingView.empty(), new BatchView(List.of(entry)), policy, COST, 0);
    return StepExplanation.of(afterAPlainStep(), decision, Reports.of());
  }

  /** The ledger may lose ten steps of 1.1 ms. */
  private static ControllerState afterAPlainStep() {
    ControllerState initial = ControllerState.initial();
    return new ControllerState(
        initial.calibration(),
        initial.confidenceSum(),
        initial.confidenceCount(),
        initial.smartSpec(),
        initial.correction(),
        initial.ledger().next(Reports.timed(0, 1_100_000, 0, 0, 1), COST));
  }

  @Test
  void comparesDraftsWithTheReadingThatTheStrategyReckonsWith() {
    StepExplanation why = explained("slo");

    assertThat(why.lackingTokens()).isEqualTo(600);
    assertThat(why.readTokens()).isBetween(32, 300);
    assertThat(why.alternatives().get(1).nanos())
        .isLessThan(explained("fixed:3").alternatives().get(1).nanos() / 2);
  }

  @Test
  void otherStrategiesReadAllOfTheText() {
    StepExplanation why = explained("fixed:3");

    assertThat(why.lackingTokens()).isEqualTo(600);
    assertThat(why.readTokens()).isEqualTo(600);
  }
}
