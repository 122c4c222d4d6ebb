package io.adaspec.actors;

import static io.adaspec.actors.EngineFixture.await;
import static io.adaspec.actors.EngineFixture.oracle;
import static io.adaspec.actors.EngineFixture.request;
import static io.adaspec.actors.EngineFixture.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.actors.EngineStatus.DeviceState;
import io.adaspec.runtime.request.InferenceRequest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Devices that do not fail but do not answer either. */
class SilentDeviceTest {
  private static EngineFixture fixture;

  @BeforeAll
  static void start() {
    fixture = new EngineFixture();
  }

  @AfterAll
  static void stop() {
    fixture.close();
  }

  /** Steps are overdue after a tenth of a second. */
  private static EngineSettings impatient(Duration leastBackoff, Duration mostBackoff) {
    return fixture
        .quickRestarts()
        .withDevices(
            new EngineSettings.DeviceSettings(leastBackoff, mostBackoff, Duration.ofMillis(100)));
  }

  @Test
  void aStepThatTakesTooLongIsGivenUpAndComputedAgain() {
    TestDevice device = TestDevice.gated(EngineFixture.SIM);
    Engine engine = fixture.engine(impatient(Duration.ofMillis(5), Duration.ofMillis(20)), device);
    InferenceRequest request = request(engine, "r", 1, 30).build();
    CompletionStage<List<TokenEvent>> answer = fixture.start(engine, request);
    device.allow(3);
    fixture.awaitStatus(
        engine, status -> status.devices().getFirst().state() == DeviceState.OVERDUE);
    assertThat(await(engine.status()).ready()).isFalse();
    device.allowAll();
    assertThat(text(await(answer))).isEqualTo(oracle(request));
    assertThat(await(engine.status()).ready()).isTrue();
  }

  @Test
  void aDeviceThatNeverAnswersIsLostInTheEndAndTakenBackWhenItDoes() {
    TestDevice device = TestDevice.gated(EngineFixture.SIM);
    Engine engine = fixture.engine(impatient(Duration.ofMillis(5), Duration.ofMillis(20)), device);
    CompletionStage<List<TokenEvent>> answer =
        fixture.start(engine, request(engine, "r", 1, 30).build());
    assertThatThrownBy(() -> await(answer))
        .isInstanceOfSatisfying(
            EngineFailedException.class,
            failed -> {
              assertThat(failed.reason()).isEqualTo(FailureReason.DEVICES_LOST);
              assertThat(failed.retryable()).isFalse();
              assertThat(failed).hasMessageContaining("does not answer");
            });
    assertThatThrownBy(() -> fixture.run(engine, request(engine, "later", 1, 20).build()))
        .isInstanceOfSatisfying(
            RequestRefusedException.class,
            refused -> {
              assertThat(refused.refusal().reason()).isEqualTo(Refusal.Reason.NO_DEVICE);
              assertThat(refused.refusal().retryable()).isFalse();
            });
    device.allowAll();
    fixture.awaitStatus(engine, EngineStatus::ready);
    fixture.assertAnswers(engine, 3);
  }

  @Test
  void sequencesOfADeadDeviceGoOnOnAnotherThatIsReadyLater() {
    TestDevice first = TestDevice.gated(EngineFixture.SIM);
    TestDevice second = TestDevice.running(EngineFixture.SIM);
    second.openFaults.add(TestDevice.failure());
    Engine engine =
        fixture.engine(impatient(Duration.ofMillis(300), Duration.ofHours(1)), first, second);
    InferenceRequest request = request(engine, "r", 1, 60).build();
    CompletionStage<List<TokenEvent>> answer = fixture.start(engine, request);
    fixture.awaitStatus(
        engine, status -> status.devices().getFirst().state() == DeviceState.OVERDUE);
    assertThat(text(await(answer))).isEqualTo(oracle(request));
    first.allowAll();
  }
}
