package io.adaspec.runtime.speculation;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SloStrategyTest {
  private static final CostModel MEMORY_BOUND = new TestCost(100, 1, 10, 0.1);
  private static final CostModel COMPUTE_BOUND = new TestCost(1, 100, 10, 10);
  private static final CostModel COSTLY_ROWS = new TestCost(100, 40, 10, 0.1);
  private static final SloTarget TPOT_50 = new SloTarget(SloTarget.NONE, 50);

  /** Under a policy that has seen plain steps of the tests' sizes. */
  private static final SpeculationStrategy SLO =
      Strategies.parse("slo", DrafterKind.MODEL, Strategies.DEFAULT_DRAFT_CAP, measured());

  @Test
  void draftsWithTheModelWhereItPaysAndLooksUpWhereItDoesNot() {
    BatchView batch = Batches.decoding(4, 8);

    assertThat(SLO.choose(batch, MEMORY_BOUND).drafters()).containsOnly(DrafterKind.MODEL);
    assertThat(SLO.choose(batch, COMPUTE_BOUND).drafters()).containsOnly(DrafterKind.NGRAM);
  }

  @Test
  void aLongCatchUpIsSpreadOverTheStepsItPaysFor() {
    BatchView.Entry behind = lagging(1000);

    DraftChoices choices = SLO.choose(new BatchView(List.of(behind)), MEMORY_BOUND);
    assertThat(choices.drafters()).containsOnly(DrafterKind.MODEL);
    assertThat(choices.reads()).containsOnly(DraftChoices.ALL);
  }

  @Test
  void ofATextThatIsTooLongToCatchUpWithTheEndIsRead() {
    DraftChoices choices = SLO.choose(new BatchView(List.of(lagging(100_000))), MEMORY_BOUND);
    assertThat(choices.drafters()).containsOnly(DrafterKind.MODEL);
    assertThat(choices.reads()[0]).isBetween(100, 10_000);
  }

  @Test
  void eachSequenceStopsDraftingForItself() {
    BatchView batch = Batches.decoding(3, 8);
    SurvivalTable survival = Batches.survival(new double[][] {{.95}, {.02}, {.9}});

    assertThat(SLO.continueDrafting(batch, survival, MEMORY_BOUND))
        .containsExactly(true, false, true);
  }

  @Test
  void withoutLateRequestsTheMostEfficientTokensAreVerified() {
    BatchView batch = Batches.decoding(2, 3);
    SurvivalTable survival = Batches.survival(new double[][] {{.9, .8, .7}, {.9, .5, .001}});

    assertThat(SLO.select(batch, survival, MEMORY_BOUND)).containsExactly(3, 2);
  }

  @Test
  void tokensOfLateRequestsAreWorthMoreThanLikelierOnesOfOthers() {
    BatchView.Entry early = Batches.entry(0, 4, TPOT_50, 100, 10, Double.NaN);
    BatchView.Entry late = Batches.entry(1, 4, TPOT_50, 10, 600, Double.NaN);
    SurvivalTable survival = Batches.survival(new double[][] {{.6}, {.5}});

    assertThat(SloSlack.need(early, 100)).isEqualTo(1);
    assertThat(SloSlack.need(late, 100)).isEqualTo(5);
    assertThat(SLO.select(new BatchView(List.of(early, late)), survival, COSTLY_ROWS))
        .containsExactly(0, 1);
    assertThat(SLO.select(new BatchView(List.of(early, early)), survival, COSTLY_ROWS))
        .containsExactly(1, 1);
  }

  @Test
  void rowsThatCostNothingAreGivenToTheEarlyToo() {
    BatchView.Entry early = Batches.entry(0, 4, TPOT_50, 100, 10, Double.NaN);
    BatchView.Entry late = Batches.entry(1, 4, TPOT_50, 10, 600, Double.NaN);
    BatchView batch = new BatchView(List.of(early, late));
    SurvivalTable survival = Batches.survival(new double[][] {{.9, .8}, {.9}});

    assertThat(SLO.select(batch, survival, new TestCost(100, 0, 10, 0))).containsExactly(2, 1);
  }

  @Test
  void whoCannotCatchUpBeforeItsLengthLimitLosesItsPriority() {
    BatchView.Entry hopeless = limited(1000, 2, 40);
    BatchView.Entry late = Batches.entry(1, 4, TPOT_50, 10, 600, Double.NaN);
    BatchView batch = new BatchView(List.of(hopeless, late));
    SurvivalTable survival = Batches.survival(new double[][] {{.6}, {.5}});

    assertThat(SLO.select(batch, survival, COSTLY_ROWS)).containsExactly(0, 1);
  }

  @Test
  void aUselessDraftCostsAtMostThreePercentAndAGoodOneGains() {
    assertThat(relativeSpeed(0.0, MEMORY_BOUND, MEMORY_BOUND)).isGreaterThan(0.97);
    assertThat(relativeSpeed(0.9, MEMORY_BOUND, MEMORY_BOUND)).isGreaterThan(2);
    assertThat(relativeSpeed(0.9, COMPUTE_BOUND, COMPUTE_BOUND)).isGreaterThan(0.97);
  }

  @Test
  void aWrongCostModelIsFoundOutByItsMeasuredSteps() {
    assertThat(relativeSpeed(0.8, MEMORY_BOUND, COMPUTE_BOUND)).isGreaterThan(0.97);
    assertThat(relativeSpeed(0.9, COMPUTE_BOUND, MEMORY_BOUND)).isGreaterThan(1.5);
  }

  @Test
  void speculationComesBackWhenTheDraftBecomesGood() {
    Play play = new Play(MEMORY_BOUND, MEMORY_BOUND);
    play.run(3000, 0.0);
    double before = play.nanos;
    long tokens = play.tokens;
    play.run(3000, 0.9);
    double plain = MEMORY_BOUND.targetPassNanos(Play.SEQUENCES, 0) / Play.SEQUENCES;
    assertThat((play.tokens - tokens) * plain / (play.nanos - before)).isGreaterThan(1.8);
  }

  /** Speed of 4,000 steps against plain decoding in the least favourable 1,000 of them. */
  private static double relativeSpeed(double acceptance, CostModel believed, CostModel real) {
    Play play = new Play(believed, real);
    List<double[]> marks = new ArrayList<>();
    for (int i = 0; i <= 40; i++) {
      marks.add(new double[] {play.nanos, play.tokens});
      play.run(100, acceptance);
    }
    double plain = real.targetPassNanos(Play.SEQUENCES, 0) / Play.SEQUENCES;
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i + 10 < marks.size(); i++) {
      double nanos = marks.get(i + 10)[0] - marks.get(i)[0];
      least = Math.min(least, (marks.get(i + 10)[1] - marks.get(i)[1]) * plain / nanos);
    }
    return least;
  }

  /** Decodes under a TPOT of 50. */
  private static BatchView.Entry limited(long elapsed, int emitted, int remaining) {
    return new BatchView.Entry(
        0,
        99,
        1,
        true,
        4,
        1,
        0,
        emitted,
        ServiceClass.STANDARD,
        TPOT_50,
        elapsed,
        remaining,
        false,
        Double.NaN,
        DrafterKind.MODEL,
        PayingDrafters.ALL);
  }

  @Test
  void whoCanStillCatchUpIsNotLost() {
    assertThat(SloSlack.isLost(limited(1000, 2, 40), 30)).isTrue();
    assertThat(SloSlack.isLost(limited(1000, 2, 100), 30)).isFalse();
    assertThat(SloSlack.isLost(limited(100_000, 2, Integer.MAX_VALUE), 30)).isFalse();
  }

  @Test
  void whoCouldOnlyJustBeRescuedIsLost() {
    BatchView.Entry entry = limited(1000, 2, 70); // 36 ns a token would do
    assertThat(SloSlack.isLost(entry, 30)).isTrue();
    assertThat(SloSlack.isLost(entry, 25)).isFalse();
  }

  @Test
  void whoHasMuchLeftCatchesUpOverAQuarterOfIt() {
    assertThat(SloSlack.allowedNanos(limited(1000, 2, 200))).isEqualTo((51 * 50 - 1000) / 50.0);
    assertThat(SloSlack.allowedNanos(limited(1000, 2, 64))).isEqualTo((33 * 50 - 1000) / 32.0);
  }

  @Test
  void aSureGainIsNotInterruptedByPlainSteps() {
    assertThat(plainSteps(0.95)).isLessThan(4);
    assertThat(plainSteps(0.2)).isGreaterThan(10);
  }

  /** Of the last 2,000 of 3,000 steps under a draft of that acceptance. */
  private static int plainSteps(double acceptance) {
    Play play = new Play(MEMORY_BOUND, MEMORY_BOUND);
    play.run(1000, acceptance);
    int before = play.plainSteps;
    play.run(2000, acceptance);
    return play.plainSteps - before;
  }

  private static ControllerState measured() {
    ControllerState state = ControllerState.initial();
    for (int rows = 1; rows <= 8; rows++) {
      StepReport report =
          Reports.timed(0, Math.round(MEMORY_BOUND.targetPassNanos(rows, 0)), 0, 0, rows);
      state = SpeculationController.next(state, report, MEMORY_BOUND);
    }
    return state;
  }

  @Test
  void aStepOfANewSizeIsPlainAtFirst() {
    assertThat(Strategies.parse("slo").choose(Batches.decoding(4, 8), MEMORY_BOUND).caps())
        .containsOnly(0);
  }

  private static BatchView.Entry lagging(int lag) {
    return new BatchView.Entry(
        0, lag, 1, true, 8, lag, 1, ServiceClass.STANDARD, SloTarget.none(), 0, Double.NaN);
  }
}
