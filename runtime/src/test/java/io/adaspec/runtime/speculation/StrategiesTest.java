package io.adaspec.runtime.speculation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StrategiesTest {
  private static final CostModel FREE = new TestCost(0, 0, 0, 0);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "off",
        "fixed:1",
        "fixed:16",
        "threshold:0.6",
        "smartspec",
        "smartspec:upstream",
        "adaspec-drafter",
        "adaspec-literal",
        "adaspec",
        "slo"
      })
  void writesWhatItReads(String spec) {
    assertThat(Strategies.parse(spec).spec()).isEqualTo(spec);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "of",
        "off:1",
        "fixed",
        "fixed:0",
        "fixed:17",
        "fixed:x",
        "threshold:1.1",
        "adaspec:2",
        "smartspec:3"
      })
  void refusesWhatItCannotRead(String spec) {
    assertThatThrownBy(() -> Strategies.parse(spec)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void fixedDraftsItsLengthWithinTheLimitsOfThoseThatSample() {
    BatchView batch = new BatchView(List.of(entry(true, 8), entry(true, 2), entry(false, 8)));

    DraftChoices choices = Strategies.parse("fixed:3").choose(batch, FREE);

    assertThat(choices.caps()).containsExactly(3, 2, 0);
    assertThat(choices.drafters())
        .containsExactly(DrafterKind.MODEL, DrafterKind.MODEL, DrafterKind.NONE);
  }

  @Test
  void aPolicyWithoutDrafterIsPlainDecoding() {
    PolicySnapshot policy = new PolicySnapshot(1, "fixed:3", DrafterKind.NONE, 8, Verifier.COUPLED);

    assertThat(Strategies.of(policy).spec()).isEqualTo("off");
  }

  @Test
  void thresholdStopsWhenTheMeanConfidenceOfTheLastTokensFallsBelow() {
    SpeculationStrategy strategy = Strategies.parse("threshold:0.6");
    BatchView batch = new BatchView(List.of(entry(true, 8), entry(true, 8)));
    SurvivalTable survival = new SurvivalTable(2, 8);

    assertThat(strategy.continueDrafting(batch, survival, FREE)).containsExactly(true, true);
    survival.append(0, 0.9f, 1, 0.9);
    survival.append(1, 0.4f, 1, 0.4);
    assertThat(strategy.continueDrafting(batch, survival, FREE)).containsExactly(true, true);
    survival.append(0, 0.7f, 1, 0.7);
    survival.append(1, 0.4f, 1, 0.4);
    assertThat(strategy.continueDrafting(batch, survival, FREE)).containsExactly(false, false);
    assertThat(strategy.select(batch, survival, FREE)).containsExactly(2, 2);
  }

  private static BatchView.Entry entry(boolean samples, int draftLimit) {
    return new BatchView.Entry(
        1, 10, 1, samples, draftLimit, 0, 3, ServiceClass.STANDARD, SloTarget.none(), 0, 0.5);
  }
}
