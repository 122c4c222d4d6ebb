package io.adaspec.runtime.speculation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Numbers derived from the released code of AdaSpec. */
class GoldenNumbersTest {
  private static final double[][] FIGURE = {{.90, .81, .73}, {.95, .55, .05}};
  private static final double[][] FOUR = {
    {.9, .81, .73}, {.95, .55, .05}, {.6, .3, .1}, {.99, .98, .97}
  };

  @ParameterizedTest
  @CsvSource({"1,1", "2,2", "3,4", "17,32", "32,32", "33,64", "64,64", "65,96"})
  void rowsArePaddedToGraphBuckets(int rows, int padded) {
    assertThat(GraphBuckets.padded(rows)).isEqualTo(padded);
  }

  @ParameterizedTest
  @CsvSource({
    "2,1", "6,2", "8,4", "10,2", "16,8", "20,4", "32,16", "33,1", "34,2", "40,8", "64,32", "66,2",
    "96,32", "100,4"
  })
  void eliminationShedsDownToTheNextBucket(int rows, int shed) {
    assertThat(GraphBuckets.rowsToShed(rows)).isEqualTo(shed);
  }

  @Test
  void expectedTokensAreOnePerSequencePlusAllSurvivals() {
    Decoding decoding = new Decoding(Batches.decoding(2, 3), new TestCost(1, 0, 0, 0));
    SurvivalTable survival = Batches.survival(FIGURE);

    assertThat(decoding.efficiency(survival, 3, 0.6)).isCloseTo(5.99, within(1e-6));
    assertThat(decoding.raggedEfficiency(survival, new int[] {3, 2}, 3))
        .isCloseTo(5.94, within(1e-6));
  }

  @Test
  void releasedEliminationDrainsTheSequenceWithTheWorstLastToken() {
    int[] lengths =
        AdaSpecLiteralStrategy.eliminate(new double[] {.73, .05, .1, .97}, new int[] {3, 3, 3, 3});

    assertThat(lengths).containsExactly(1, 0, 0, 3);
    assertThat(kept(lengths)).isCloseTo(3.84, within(1e-9));
  }

  @Test
  void rankingByOwnSurvivalKeepsMoreOnTheSameRows() {
    CostModel eightRowsFree =
        new CostModel() {
          @Override
          public double targetPassNanos(int rows, long contextTokens) {
            return rows <= 8 ? 1 : 1e9;
          }

          @Override
          public double draftPassNanos(int rows, long contextTokens) {
            return 0;
          }

          @Override
          public double overheadNanos(int sequences) {
            return 0;
          }
        };
    int[] lengths =
        VerifyBudget.best(
            new StepEstimate(Batches.decoding(4, 3), eightRowsFree), Batches.survival(FOUR), 0);

    assertThat(lengths).containsExactly(0, 1, 0, 3);
    assertThat(kept(lengths)).isCloseTo(3.89, within(1e-9));
  }

  @Test
  void contextIsAveragedOverRowsAndFlooredToABucket() {
    long reads = Decoding.uniformReads(new int[] {100, 300}, 3);

    assertThat(reads).isEqualTo(4 * 400 + 2 * 6);
    assertThat(reads / 8).isEqualTo(201);
    assertThat(GraphBuckets.context(201)).isEqualTo(1);
    assertThat(GraphBuckets.context(256)).isEqualTo(256);
    assertThat(GraphBuckets.context(5000)).isEqualTo(2048);
  }

  @Test
  void smartSpecExpectsGeometricAcceptance() {
    assertThat(SmartSpecStrategy.expectedTokens(0.7, 3)).isCloseTo(2.533, within(1e-9));
    assertThat(SmartSpecStrategy.expectedTokens(0.7, 0)).isCloseTo(1, within(1e-9));
    assertThat(SmartSpecStrategy.expectedTokens(1, 4)).isEqualTo(5);
  }

  @Test
  void smartSpecRatesStartAtSevenTenthsAndTheForkResetsLowOnes() {
    SmartSpecRates rates = SmartSpecRates.initial();
    assertThat(rates.forkRate()).isEqualTo(0.7);
    assertThat(rates.next(10, 2).forkRate()).isEqualTo(0.65);
    assertThat(rates.next(10, 5).forkRate()).isEqualTo(0.5);
    assertThat(rates.next(10, 5).moving()).isCloseTo(0.85 * 0.7 + 0.15 * 0.5, within(1e-12));
    assertThat(rates.next(10, 5).upstreamRate()).isEqualTo(0.7);
    SmartSpecRates after = rates;
    for (int i = 0; i < 20; i++) {
      after = after.next(10, 5);
    }
    assertThat(after.upstreamRate()).isEqualTo(after.moving()).isBetween(0.5, 0.52);
    assertThat(rates.next(0, 0)).isSameAs(rates);
  }

  private static double kept(int[] lengths) {
    double sum = 0;
    for (int i = 0; i < lengths.length; i++) {
      for (int j = 0; j < lengths[i]; j++) {
        sum += FOUR[i][j];
      }
    }
    return sum;
  }
}
