package io.adaspec.runtime.speculation;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdaSpecStrategyTest {
  private static final CostModel MEMORY_BOUND = new TestCost(10, 0.1, 1, 0.01);
  private static final CostModel COMPUTE_BOUND = new TestCost(1, 10, 1, 1);

  @ParameterizedTest
  @ValueSource(strings = {"adaspec", "adaspec-drafter", "adaspec-literal", "smartspec"})
  void speculatesWhenRowsAreCheapAndNotWhenTheyAreDear(String spec) {
    SpeculationStrategy strategy = Strategies.parse(spec);
    BatchView batch = Batches.decoding(4, 8);

    assertThat(strategy.choose(batch, MEMORY_BOUND).caps()).doesNotContain(0);
    assertThat(strategy.choose(batch, COMPUTE_BOUND).caps()).containsOnly(0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"adaspec", "adaspec-drafter", "adaspec-literal"})
  void stopsDraftingOnceConfidenceIsGone(String spec) {
    SpeculationStrategy strategy = Strategies.parse(spec);
    BatchView batch = Batches.decoding(2, 8);
    SurvivalTable sure = Batches.survival(new double[][] {{.95}, {.95}});
    SurvivalTable lost = Batches.survival(new double[][] {{.9, .01}, {.9, .01}});

    assertThat(strategy.continueDrafting(batch, sure, MEMORY_BOUND)).containsOnly(true);
    assertThat(strategy.continueDrafting(batch, lost, MEMORY_BOUND)).containsOnly(false);
  }

  @Test
  void aStepThatMakesSomebodyLateWhomAPlainOneWouldNotIsNotSpeculative() {
    SpeculationStrategy strategy = Strategies.parse("adaspec");
    CostModel cost = new TestCost(10, 0.1, 4, 0.01);
    BatchView.Entry hard = Batches.entry(0, 8, new SloTarget(SloTarget.NONE, 11), 1, 0, 0);
    BatchView.Entry early = Batches.entry(0, 8, new SloTarget(SloTarget.NONE, 11), 9, 0, 0);
    BatchView.Entry late = Batches.entry(0, 8, new SloTarget(SloTarget.NONE, 11), 2, 90, 0);
    BatchView.Entry easy = Batches.entry(1, 8, SloTarget.none(), 5, 0, 1.0);
    BatchView.Entry other = Batches.entry(2, 8, SloTarget.none(), 5, 0, 1.0);

    assertThat(strategy.choose(new BatchView(List.of(easy, other)), cost).caps()).containsOnly(8);
    assertThat(strategy.choose(new BatchView(List.of(hard, easy, other)), cost).caps())
        .containsOnly(0);
    assertThat(strategy.choose(new BatchView(List.of(early, easy, other)), cost).caps())
        .containsOnly(8);
    assertThat(strategy.choose(new BatchView(List.of(late, easy, other)), cost).caps())
        .containsOnly(8);
  }

  @Test
  void theTokensThatASpeculativeStepEmitsCountAgainstItsTime() {
    SpeculationStrategy strategy = Strategies.parse("adaspec");
    BatchView.Entry newcomer = Batches.entry(0, 8, new SloTarget(SloTarget.NONE, 11), 1, 0, 0.9);

    assertThat(strategy.choose(new BatchView(List.of(newcomer)), MEMORY_BOUND).caps())
        .containsOnly(8);
  }

  @Test
  void noDraftIsThrownAwayForWhatItHasCost() {
    SpeculationStrategy strategy = Strategies.parse("adaspec");
    SloTarget tight = new SloTarget(SloTarget.NONE, 11);
    BatchView.Entry behind =
        new BatchView.Entry(0, 99, 1, true, 8, 99, 1, ServiceClass.STANDARD, tight, 0, Double.NaN);
    SurvivalTable survival = Batches.survival(new double[][] {{.9, .8}});

    assertThat(strategy.select(new BatchView(List.of(behind)), survival, MEMORY_BOUND))
        .containsExactly(2);
  }

  @Test
  void drafterAloneVerifiesAllAndTheVerifierDropsTheUnlikely() {
    BatchView batch = Batches.decoding(2, 3);
    SurvivalTable survival = Batches.survival(new double[][] {{.9, .8, .7}, {.9, .5, .02}});
    CostModel cost = new TestCost(10, 0.5, 1, 0.01);

    assertThat(Strategies.parse("adaspec-drafter").select(batch, survival, cost))
        .containsExactly(3, 3);
    assertThat(Strategies.parse("adaspec").select(batch, survival, cost)).containsExactly(3, 2);
  }

  @Test
  void noOtherPrefixLengthsAreMoreEfficientThanTheChosenOnes() {
    SplittableRandom random = new SplittableRandom(5);
    for (int round = 0; round < 200; round++) {
      double[][] rows = new double[3][3];
      for (double[] row : rows) {
        double alive = 1;
        for (int j = 0; j < 3; j++) {
          alive *= random.nextDouble();
          row[j] = alive;
        }
      }
      int step = 1 + random.nextInt(4);
      CostModel cost = new StepCost(5, random.nextDouble(4), step);
      StepEstimate estimate = new StepEstimate(Batches.decoding(3, 3), cost);
      int[] chosen = VerifyBudget.best(estimate, Batches.survival(rows), 1);
      double best = 0;
      for (int code = 0; code < 64; code++) {
        best = Math.max(best, efficiency(rows, cost, code & 3, code >> 2 & 3, code >> 4));
      }
      assertThat(efficiency(rows, cost, chosen)).isGreaterThanOrEqualTo(best - 1e-6);
    }
  }

  private static double efficiency(double[][] rows, CostModel cost, int... lengths) {
    double tokens = 3;
    int n = 3;
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < lengths[i]; j++) {
        tokens += rows[i][j];
      }
      n += lengths[i];
    }
    return tokens / (1 + cost.targetPassNanos(n, 0));
  }

  /** A staircase: rows are free within a step. */
  private record StepCost(double base, double perStep, int rowsPerStep) implements CostModel {
    @Override
    public double targetPassNanos(int rows, long contextTokens) {
      return base + perStep * Math.ceilDiv(rows, rowsPerStep);
    }

    @Override
    public double draftPassNanos(int rows, long contextTokens) {
      return 0;
    }

    @Override
    public double overheadNanos(int sequences) {
      return 0;
    }
  }
}
