package io.adaspec.actors;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.request.FinishReason;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.SloTarget;
import io.adaspec.runtime.scheduler.SequenceStatistics;
import io.adaspec.runtime.scheduler.TokenEmission;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RequestProgressTest {
  private static final InferenceRequest REQUEST =
      InferenceRequest.builder("r", EngineFixture.prompt(20, 1), 50, 1_000)
          .slo(new SloTarget(300, SloTarget.NONE))
          .build();

  private static GenerationSummary emptyAnswer(FinishReason reason, long atNanos) {
    TokenEmission end =
        new TokenEmission(
            REQUEST.id(),
            0,
            new int[0],
            Optional.of(reason),
            new SequenceStatistics(0, 0, 1, 0, 0, 0));
    return RequestProgress.begin(REQUEST).next(end, atNanos).summary(reason, 0, atNanos);
  }

  @Test
  void theEndOfAnEmptyAnswerIsItsFirstSign() {
    GenerationSummary late = emptyAnswer(FinishReason.STOP, 1_301);
    assertThat(late.ttftNanos()).isEqualTo(301);
    assertThat(late.metSlo()).isFalse();
    assertThat(emptyAnswer(FinishReason.STOP, 1_300).metSlo()).isTrue();
  }

  @Test
  void aRequestThatWasCancelledBeforeItsFirstTokenHasNoTimeToIt() {
    assertThat(emptyAnswer(FinishReason.CANCELLED, 9_000).ttftNanos()).isZero();
  }
}
