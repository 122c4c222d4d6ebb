package io.adaspec.actors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.scheduler.SchedulerLimits;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Verifier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EngineSettingsTest {
  private static EngineSettings with(String overrides) {
    Config config = ConfigFactory.parseString(overrides).withFallback(ConfigFactory.load());
    return EngineSettings.from(config.getConfig("adaspec"));
  }

  @Test
  void theDefaultsAreValid() {
    EngineSettings settings = with("");
    assertThat(settings.streams().resumeTokens()).isEqualTo(16);
    assertThat(settings.streams().pauseTokens()).isEqualTo(64);
    assertThat(settings.limits()).isEqualTo(SchedulerLimits.defaults());
    assertThat(settings.levels().targets())
        .containsEntry(ServiceClass.INTERACTIVE, new SloTarget(500_000_000L, 50_000_000L))
        .containsEntry(ServiceClass.STANDARD, new SloTarget(2_000_000_000L, 100_000_000L))
        .containsEntry(ServiceClass.BATCH, SloTarget.none());
    assertThat(settings.policy())
        .isEqualTo(new PolicySnapshot(0, "slo", DrafterKind.MODEL, 8, Verifier.COUPLED));
  }

  @Test
  void aRequestTakesFromItsClassOnlyWhatItDoesNotState() {
    ServiceLevels levels = with("adaspec.classes.standard.ttft = 3s").levels();
    InferenceRequest request =
        InferenceRequest.builder("r", TokenIds.of(1), 5, 0)
            .slo(new SloTarget(SloTarget.NONE, 7_000_000L))
            .build();
    assertThat(levels.complete(request).slo()).isEqualTo(new SloTarget(3_000_000_000L, 7_000_000L));
    assertThat(ServiceLevels.none().complete(request)).isEqualTo(request);
  }

  @Test
  void stepsArePlannedToEndLongBeforeTheyAreOverdue() {
    assertThat(with("").stepLimits().longestStepNanos()).isEqualTo(10_000_000_000L);
    assertThat(with("adaspec.devices.step-timeout = 8s").stepLimits().longestStepNanos())
        .isEqualTo(2_000_000_000L);
  }

  @ParameterizedTest
  @CsvSource({
    "adaspec.streams.resume-tokens = 64, resume-tokens 64",
    "adaspec.streams.stall-timeout = 0s, adaspec.streams.stall-timeout",
    "adaspec.queue.max-requests = 0, max-requests 0",
    "adaspec.queue.max-lateness = 0.5, adaspec.queue.max-lateness",
    "adaspec.scheduler.step-tokens = 10, 10",
    "adaspec.scheduler.decode-stretch = 1, not 1.0 times",
    "adaspec.devices.max-backoff = 1ms, adaspec.devices.max-backoff",
    "adaspec.classes.batch.tpot = never, classes.batch.tpot",
    "adaspec.classes.standard.ttft = 0ms, adaspec.classes.standard.ttft",
    "'adaspec.policy { strategy = \"slo\", drafter = model, draft-cap = 8, verifier = rejection }', biases rejection sampling",
    "adaspec.policy.strategy = magic, unknown strategy 'magic'",
    "adaspec.policy.drafter = crystal, adaspec.policy.drafter is 'crystal'",
    "adaspec.supervision.interval = null, supervision.interval"
  })
  void aBadValueIsRefusedByItsName(String override, String named) {
    assertThatThrownBy(() -> with(override))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(named);
  }
}
