package io.adaspec.runtime.speculation;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PrefillBudgetTest {
  /** Rows are free up to 100 and cost 1 each beyond; a pass takes 100. */
  private static final CostModel ROOF =
      new CostModel() {
        @Override
        public double targetPassNanos(int rows, long contextTokens) {
          return Math.max(100, rows);
        }

        @Override
        public double draftPassNanos(int rows, long contextTokens) {
          return 10;
        }

        @Override
        public double overheadNanos(int sequences) {
          return 0;
        }
      };

  private static final SloTarget NONE = SloTarget.none();

  @Test
  void aPromptIsSpreadOverStepsThatItHardlyLengthens() {
    int rows = rows(waiting(1, 800, 0), decoding(8, NONE, 1, 0));

    assertThat(rows).isBetween(64, 96);
  }

  @Test
  void whereNobodyDecodesThePromptIsComputedAtOnce() {
    assertThat(rows(waiting(1, 800, 0), new BatchView(List.of()))).isGreaterThan(800);
  }

  @Test
  void aTtftThatIsAtStakeGetsMoreRows() {
    assertThat(rows(waiting(1, 800, 0.76), decoding(8, NONE, 1, 0))).isGreaterThan(500);
  }

  @Test
  void prefillLeavesDecodingRequestsTheirPaceWithAMargin() {
    BatchView running = decoding(8, new SloTarget(SloTarget.NONE, 160), 1, 0);

    int rows = rows(waiting(50, 50_000, 0), running);

    assertThat(rows).isBetween(100, 160 * 9 / 10);
  }

  @Test
  void aRequestThatIsLateGetsStepsInWhichItCatchesUp() {
    SloTarget tpot = new SloTarget(SloTarget.NONE, 160);
    int late = rows(waiting(50, 50_000, 0), decoding(8, tpot, 10, 10 * 160 + 4000));
    int onTime = rows(waiting(50, 50_000, 0), decoding(8, tpot, 10, 10 * 160));

    assertThat(late).isLessThan(onTime);
  }

  @Test
  void aDeadlineThatHasPassedIsNoHurry() {
    WaitingView view = WaitingView.empty().and(5000, 10, 20);

    assertThat(view.requests()).isEqualTo(1);
    assertThat(view.neededTokensPerNano()).isZero();
    assertThat(WaitingView.empty().and(5000, 30, 20).neededTokensPerNano()).isEqualTo(500);
  }

  @Test
  void newcomersArePlacedWhileEverybodyKeepsItsPace() {
    SloTarget tpot = new SloTarget(SloTarget.NONE, 200);
    StepBudget few = budget(waiting(9, 900, 0), decoding(20, tpot, 1, 0));
    StepBudget many = budget(waiting(9, 900, 0), decoding(200, tpot, 1, 0));

    assertThat(few.newcomers().get(ServiceClass.STANDARD)).isEqualTo(150);
    assertThat(many.newcomers().get(ServiceClass.STANDARD)).isZero();
    assertThat(many.newcomers().get(ServiceClass.INTERACTIVE)).isPositive();
  }

  @Test
  void rowsOfALowerClassAreLeftOutWhileAHigherOneIsLate() {
    List<BatchView.Entry> entries = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      boolean job = i >= 20;
      entries.add(
          entry(
              i,
              job ? ServiceClass.BATCH : ServiceClass.INTERACTIVE,
              job ? NONE : new SloTarget(SloTarget.NONE, 150),
              10,
              1500,
              false));
    }
    BatchView running = new BatchView(entries);

    StepBudget slo = budget(waiting(1, 100, 0), running);
    StepBudget off = Strategies.parse("off").budget(waiting(1, 100, 0), running, ROOF);

    assertThat(slo.leftOut()).isNotEmpty().allMatch(i -> i >= 20);
    assertThat(off.leftOut()).isEqualTo(slo.leftOut());
    assertThat(off.newcomers().get(ServiceClass.BATCH)).isZero();
    assertThat(off.newcomers().get(ServiceClass.INTERACTIVE)).isPositive();
  }

  @Test
  void whoMissesItsTargetsAnywayMakesWayForTheOthersOfItsClass() {
    SloTarget tpot = new SloTarget(SloTarget.NONE, 130);
    List<BatchView.Entry> entries = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      entries.add(entry(i, ServiceClass.STANDARD, tpot, 1, 0, i % 2 == 0));
    }

    StepBudget budget = budget(WaitingView.empty(), new BatchView(entries));

    assertThat(budget.leftOut()).isNotEmpty().allMatch(i -> i % 2 == 0);
    assertThat(budget.newcomers().get(ServiceClass.STANDARD)).isPositive();
    assertThat(budget.lateNewcomers().get(ServiceClass.STANDARD)).isZero();
  }

  private static WaitingView waiting(int requests, long tokens, double pace) {
    return new WaitingView(requests, tokens, Long.MAX_VALUE, pace);
  }

  private static int rows(WaitingView waiting, BatchView running) {
    return budget(waiting, running).prefillTokens();
  }

  private static StepBudget budget(WaitingView waiting, BatchView running) {
    return PrefillBudget.of(waiting, running, ROOF);
  }

  private static BatchView decoding(int count, SloTarget slo, int emitted, long elapsed) {
    List<BatchView.Entry> entries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      entries.add(entry(i, ServiceClass.STANDARD, slo, emitted, elapsed, false));
    }
    return new BatchView(entries);
  }

  private static BatchView.Entry entry(
      int number,
      ServiceClass serviceClass,
      SloTarget slo,
      int emitted,
      long elapsed,
      boolean late) {
    return new BatchView.Entry(
        number,
        99,
        1,
        true,
        0,
        1,
        0,
        emitted,
        serviceClass,
        slo,
        elapsed,
        500,
        late,
        Double.NaN,
        DrafterKind.MODEL,
        PayingDrafters.ALL);
  }
}
