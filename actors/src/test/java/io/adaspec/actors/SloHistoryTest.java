package io.adaspec.actors;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.actors.SloAttainment.Share;
import io.adaspec.runtime.request.FinishReason;
import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SloHistoryTest {
  private static final SloTarget TARGET = new SloTarget(100, 10);

  private static GenerationSummary summary(FinishReason reason, long ttftNanos, SloTarget slo) {
    return new GenerationSummary(
        new RequestId("r"),
        reason,
        20,
        0,
        30,
        0,
        0,
        30,
        0,
        ttftNanos,
        5,
        1000,
        ServiceClass.STANDARD,
        slo);
  }

  private static long seconds(long count) {
    return Duration.ofSeconds(count).toNanos();
  }

  @Test
  void countsWhatEndedWithTargetsAndByItsOwnMeans() {
    SloHistory history =
        SloHistory.begin(0)
            .ended(summary(FinishReason.LENGTH, 100, TARGET))
            .ended(summary(FinishReason.STOP, 101, TARGET))
            .ended(summary(FinishReason.FAILED, 50, TARGET))
            .ended(summary(FinishReason.CANCELLED, 50, TARGET))
            .ended(summary(FinishReason.SLOW_CONSUMER, 50, TARGET))
            .ended(summary(FinishReason.STOP, 50, SloTarget.none()));
    assertThat(history.total()).containsOnlyKeys(ServiceClass.STANDARD);
    assertThat(history.total()).containsEntry(ServiceClass.STANDARD, new Share(3, 1, 90, 30));
  }

  @Test
  void forgetsWhatIsOlderThanAMinute() {
    SloHistory history = SloHistory.begin(0).ended(summary(FinishReason.STOP, 1, TARGET));
    for (int second = 1; second <= 120; second++) {
      history = history.at(seconds(second));
      if (second == 90) {
        history = history.ended(summary(FinishReason.STOP, 500, TARGET));
      }
    }
    SloAttainment attainment = history.attainment(seconds(121));
    assertThat(attainment.byClass()).containsEntry(ServiceClass.STANDARD, new Share(2, 1, 60, 30));
    assertThat(attainment.recent()).containsEntry(ServiceClass.STANDARD, new Share(1, 0, 30, 0));
    assertThat(attainment.over()).isEqualTo(Duration.ofSeconds(121));
    assertThat(attainment.recentOver()).isBetween(Duration.ofSeconds(55), Duration.ofSeconds(65));
    assertThat(history.samples()).hasSizeLessThan(15);
  }

  @Test
  void goodputIsTheOutputOfThoseThatMetTheirTargets() {
    SloAttainment attainment =
        SloHistory.begin(0)
            .ended(summary(FinishReason.STOP, 1, TARGET))
            .ended(summary(FinishReason.STOP, 1_000, TARGET))
            .attainment(seconds(2));
    assertThat(attainment.recentGoodput(ServiceClass.STANDARD)).isEqualTo(15);
    assertThat(attainment.recentGoodput(ServiceClass.BATCH)).isZero();
    assertThat(new Share(4, 3, 9, 8).attainment()).isEqualTo(0.75);
    assertThat(SloAttainment.none().recentGoodput(ServiceClass.STANDARD)).isZero();
  }
}
