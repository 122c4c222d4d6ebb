package io.adaspec.runtime.speculation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DraftEarningsTest {
  private static DraftEarnings after(DraftEarnings before, int steps, DrafterKind kind, double x) {
    DraftEarnings earnings = before;
    for (int i = 0; i < steps; i++) {
      earnings = earnings.next(kind, x);
    }
    return earnings;
  }

  @Test
  void aModelThatLosesForTheRequestRestsAndIsTriedAgainLaterAndLater() {
    DraftEarnings losing = after(DraftEarnings.none(), 31, DrafterKind.MODEL, -0.1);
    assertThat(losing.paying().model()).isTrue();
    DraftEarnings earnings = losing.next(DrafterKind.MODEL, -0.1);
    assertThat(earnings.paying()).isEqualTo(new PayingDrafters(false, true));
    assertThat(after(earnings, 31, DrafterKind.NONE, 0).paying().model()).isFalse();
    DraftEarnings tried = after(earnings, 32, DrafterKind.NONE, 0);
    assertThat(tried.paying().model()).isTrue();
    DraftEarnings failedAgain = after(tried, 32, DrafterKind.MODEL, -0.1);
    assertThat(after(failedAgain, 63, DrafterKind.NONE, 0).paying().model()).isFalse();
    assertThat(after(failedAgain, 64, DrafterKind.NONE, 0).paying().model()).isTrue();
  }

  @Test
  void lookupsThatAreNeverWorthVerifyingRest() {
    DraftEarnings earnings = after(DraftEarnings.none(), 32, DrafterKind.NGRAM, 0);

    assertThat(earnings.paying()).isEqualTo(new PayingDrafters(true, false));
  }

  @Test
  void gainsThatAreNotSurelyNegativeGoOn() {
    DraftEarnings earnings = DraftEarnings.none();
    for (int i = 0; i < 200; i++) {
      earnings = earnings.next(DrafterKind.MODEL, i % 4 == 0 ? 0.7 : -0.2);
    }
    assertThat(earnings.paying().model()).isTrue();
  }

  @Test
  void lookupTakesOverWhereItSurelyEarnsMore() {
    DraftEarnings earnings = after(DraftEarnings.none(), 20, DrafterKind.MODEL, 0.1);
    assertThat(earnings.paying().model()).isTrue();

    DraftEarnings looked = after(earnings, 8, DrafterKind.NGRAM, 0.5);

    assertThat(looked.paying()).isEqualTo(new PayingDrafters(false, true));
  }

  @Test
  void triesLookupNowAndThen() {
    DraftEarnings earnings = DraftEarnings.none();
    int tries = 0;
    for (int i = 0; i < 1024; i++) {
      tries += earnings.paying().model() ? 0 : 1;
      earnings = earnings.next(DrafterKind.MODEL, 0.1);
    }
    assertThat(tries).isEqualTo(8);
  }
}
