package io.adaspec.api.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Memory that all bodies share. */
class BodyBudgetTest {
  private final BodyBudget budget = new BodyBudget(100);

  @Test
  void refusesWhatIsBeyondItAndKeepsWhatIsHeld() {
    BodyBudget.Share first = budget.open();
    first.take(60);
    BodyBudget.Share second = budget.open();
    second.take(40);
    assertThatThrownBy(() -> second.take(1)).isInstanceOf(ApiException.class);
    assertThat(budget.usedBytes()).isEqualTo(100);
  }

  @Test
  void givesBackOnce() {
    BodyBudget.Share share = budget.open();
    share.take(70);
    share.release();
    share.release();
    assertThat(budget.usedBytes()).isZero();
    assertThatThrownBy(() -> share.take(1)).isInstanceOf(ApiException.class);
    assertThat(budget.usedBytes()).isZero();
  }
}
