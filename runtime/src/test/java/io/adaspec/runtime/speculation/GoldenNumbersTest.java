package io.adaspec.runtime.speculation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
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
    int[] lengths =
        VerifyBudget.best(
            new StepEstimate(Batches.decoding(4, 3), new FreeRows(8)), Batches.survival(FOUR), 0);

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

  /**
   * Of the expected accepted tokens, what the release's elimination keeps and what ranking keeps on
   * the same rows; confidences follow Beta(4, 1.5), drafts have 1 to 6 tokens.
   */
  @ParameterizedTest
  @CsvSource({"2, 7, 2000, 0.704, 0.759", "8, 31, 500, 0.814, 0.860", "32, 127, 120, 0.959, 0.975"})
  void rankingByOwnSurvivalKeepsMoreOfRandomDrafts(
      int fewest, int most, int rounds, double released, double ranked) {
    SplittableRandom random = new SplittableRandom(17);
    double keptReleased = 0;
    double keptRanked = 0;
    double all = 0;
    for (int round = 0; round < rounds; round++) {
      double[][] rows = betaSurvivals(random.nextInt(fewest, most + 1), random);
      int k = rows[0].length;
      int left = rows.length * (k + 1) - GraphBuckets.rowsToShed(rows.length * (k + 1));
      double[] last = new double[rows.length];
      int[] drafted = new int[rows.length];
      Arrays.setAll(last, i -> rows[i][k - 1]);
      Arrays.fill(drafted, k);
      StepEstimate estimate =
          new StepEstimate(Batches.decoding(rows.length, k), new FreeRows(left));
      keptReleased += kept(rows, AdaSpecLiteralStrategy.eliminate(last, drafted));
      keptRanked += kept(rows, VerifyBudget.best(estimate, Batches.survival(rows), 0));
      all += kept(rows, drafted);
    }
    assertThat(keptReleased / all).isCloseTo(released, within(0.02));
    assertThat(keptRanked / all).isCloseTo(ranked, within(0.02));
    assertThat(keptRanked - keptReleased).isGreaterThan(0.01 * all);
  }

  private static double[][] betaSurvivals(int sequences, SplittableRandom random) {
    double[][] rows = new double[sequences][1 + random.nextInt(6)];
    for (double[] row : rows) {
      double alive = 1;
      for (int j = 0; j < row.length; j++) {
        alive *= beta(random);
        row[j] = alive;
      }
    }
    return rows;
  }

  /** Beta(4, 1.5) from Gamma(4), four exponentials, and Gamma(1.5), one and half a square. */
  private static double beta(SplittableRandom random) {
    double four = 0;
    for (int i = 0; i < 4; i++) {
      four += random.nextExponential();
    }
    double normal = random.nextGaussian();
    double rest = random.nextExponential() + normal * normal / 2;
    return four / (four + rest);
  }

  @Test
  void beforeTheFirstDraftConfidenceIsSixTenthsAndThenTheMeanSinceTheStart() {
    ControllerState initial = ControllerState.initial();
    ControllerState later =
        new ControllerState(
            initial.calibration(),
            3.2,
            4,
            initial.smartSpec(),
            initial.correction(),
            initial.ledger());

    assertThat(initial.lifetimeConfidence()).isEqualTo(0.6);
    assertThat(later.lifetimeConfidence()).isEqualTo(0.8);
  }

  /** At α = 0.7 one draft token gives 1.7 tokens, at confidence 0.6 it gives 1.6. */
  @ParameterizedTest
  @CsvSource({
    "smartspec, 0.54, true",
    "smartspec, 0.55, false",
    "smartspec:upstream, 0.54, true",
    "smartspec:upstream, 0.55, false",
    "adaspec-literal, 0.59, true",
    "adaspec-literal, 0.61, false"
  })
  void smartSpecFavoursPlainDecodingByATenthAndAdaSpecDoesNot(
      String strategy, double draftPass, boolean speculates) {
    CostModel cost = new TestCost(1, 0, draftPass, 0);

    DraftChoices choices =
        Strategies.parse(strategy, DrafterKind.MODEL, 1).choose(Batches.decoding(1, 8), cost);

    assertThat(choices.caps()[0] > 0).isEqualTo(speculates);
  }

  private static double kept(int[] lengths) {
    return kept(FOUR, lengths);
  }

  private static double kept(double[][] rows, int[] lengths) {
    double sum = 0;
    for (int i = 0; i < lengths.length; i++) {
      for (int j = 0; j < lengths[i]; j++) {
        sum += rows[i][j];
      }
    }
    return sum;
  }

  /** A target that computes so many rows for nothing, and no more. */
  private record FreeRows(int rows) implements CostModel {
    @Override
    public double targetPassNanos(int wanted, long contextTokens) {
      return wanted <= rows ? 1 : 1e9;
    }

    @Override
    public double draftPassNanos(int wanted, long contextTokens) {
      return 0;
    }

    @Override
    public double overheadNanos(int sequences) {
      return 0;
    }
  }
}
