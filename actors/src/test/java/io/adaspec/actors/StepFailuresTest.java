package io.adaspec.actors;

import static io.adaspec.actors.EngineFixture.await;
import static io.adaspec.actors.EngineFixture.oracle;
import static io.adaspec.actors.EngineFixture.request;
import static io.adaspec.actors.EngineFixture.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.actors.EngineStatus.DeviceState;
import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.request.InferenceRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Steps that fail while their device is sound, as with logits that are not finite. */
class StepFailuresTest {
  private final EngineFixture fixture = new EngineFixture();
  private final TestDevice device = TestDevice.running(EngineFixture.SIM);
  private final Engine engine = fixture.engine(fixture.quickRestarts(), device);

  @AfterEach
  void close() {
    fixture.close();
  }

  private void failSteps(int count) {
    for (int i = 0; i < count; i++) {
      device.stepFaults.add(
          DeviceException.stepFailure("logits not finite", new IllegalStateException("injected")));
    }
  }

  @Test
  void theDeviceGoesOnWithoutBeingOpenedAgain() {
    failSteps(2);
    InferenceRequest request = request(engine, "a", 1, 20).build();
    assertThat(text(fixture.run(engine, request))).isEqualTo(oracle(request));
    assertThat(device.opened.get()).isEqualTo(1);
  }

  @Test
  void oneRequestThatFailsEveryStepIsGivenUpAndItsDeviceStays() {
    failSteps(FailedSteps.MOST);
    assertFails("a", FailureReason.GIVEN_UP);
    fixture.assertAnswers(engine, 2);
    assertThat(device.opened.get()).isEqualTo(1);
  }

  @Test
  void aModelThatFailsEveryStepIsLoadedAnewOnceAndThenLost() {
    failSteps(100);
    assertFails("a", FailureReason.GIVEN_UP);
    assertFails("b", FailureReason.GIVEN_UP);
    assertFails("c", FailureReason.DEVICES_LOST);
    fixture.awaitStatus(engine, status -> status.devices().getFirst().state() == DeviceState.LOST);
    assertThat(device.opened.get()).isEqualTo(2);
  }

  private void assertFails(String id, FailureReason reason) {
    InferenceRequest request = request(engine, id, 1, 20).build();
    assertThatThrownBy(() -> await(fixture.start(engine, request)))
        .isInstanceOfSatisfying(
            EngineFailedException.class, failed -> assertThat(failed.reason()).isEqualTo(reason))
        .hasMessageContaining("logits not finite");
  }
}
