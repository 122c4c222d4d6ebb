package io.adaspec.runtime.speculation;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import java.util.List;
import org.junit.jupiter.api.Test;

class DraftReadingTest {
  /** Ten nanoseconds for every row of a draft pass beside the first. */
  private static final CostModel TEN_A_ROW = new TestCost(100, 0, 0, 10);

  private static BatchView.Entry entry(int known, int lag) {
    return new BatchView.Entry(
        0, known - 1, 1, true, 8, lag, 5, ServiceClass.STANDARD, SloTarget.none(), 0, Double.NaN);
  }

  private static BatchView.Entry read(int known, int lag, double mostNanos) {
    return DraftReading.within(new BatchView(List.of(entry(known, lag))), TEN_A_ROW, mostNanos)
        .get(0);
  }

  @Test
  void readsTheWholeTextWhereThatIsWorthIt() {
    assertThat(read(600, 600, 5_990)).isEqualTo(entry(600, 600));
  }

  @Test
  void readsAsMuchOfItsEndAsMayBeSpent() {
    BatchView.Entry late = read(600, 600, 1_000);
    assertThat(late.draftLag()).isEqualTo(101);
    assertThat(late.draftStart()).isEqualTo(499);
    assertThat(late.draftContextTokens()).isEqualTo(101);
  }

  @Test
  void doesNotBotherWithAFewTokens() {
    assertThat(read(600, 600, 200)).isEqualTo(entry(600, 600));
  }

  @Test
  void doesNotThrowAwayWhatHasBeenRead() {
    assertThat(read(600, 250, 1_000)).isEqualTo(entry(600, 250));
    assertThat(read(600, 350, 1_000).draftStart()).isEqualTo(499);
  }
}
