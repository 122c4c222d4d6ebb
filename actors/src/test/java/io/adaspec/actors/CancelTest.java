package io.adaspec.actors;

import static io.adaspec.actors.EngineFixture.await;
import static io.adaspec.actors.EngineFixture.oracle;
import static io.adaspec.actors.EngineFixture.request;
import static io.adaspec.actors.EngineFixture.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.actors.EngineStatus.DeviceState;
import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.request.FinishReason;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.scheduler.SchedulerLimits;
import io.adaspec.runtime.step.StepPlan;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A request cancelled at any moment is gone with the next step, and its batch mate unharmed. */
class CancelTest {
  private static EngineFixture fixture;

  /** Two requests on a gated device. */
  private record Scene(
      TestDevice device,
      Engine engine,
      InferenceRequest victim,
      Pair<Generation, CompletionStage<List<TokenEvent>>> cancelled,
      InferenceRequest mate,
      CompletionStage<List<TokenEvent>> unharmed) {

    void awaitInFlight(int step) {
      fixture
          .kit
          .createTestProbe()
          .awaitAssert(
              () -> {
                assertThat(device.plans).hasSize(step);
                return step;
              });
    }

    void cancelAndCheck() {
      int planned = device.plans.size();
      cancelled.first().cancel();
      assertThat(await(cancelled.first().completion()).reason()).isEqualTo(FinishReason.CANCELLED);
      device.allowAll();
      assertThat(oracle(victim)).startsWith(text(await(cancelled.second())));
      assertThat(text(await(unharmed))).isEqualTo(oracle(mate));
      fixture.awaitStatus(
          engine,
          status ->
              status.running() + status.waiting() == 0
                  && status.devices().getFirst().usedKvBlocks() == 0);
      List<StepPlan> later = device.plans.stream().skip(planned).toList();
      assertThat(later).isNotEmpty().noneMatch(plan -> TestDevice.has(plan, victim.prompt()));
    }
  }

  @BeforeAll
  static void start() {
    fixture = new EngineFixture();
  }

  @AfterAll
  static void stop() {
    fixture.close();
  }

  /** Steps of 12 rows, so that prompts of 20 tokens take several. */
  private static Scene scene(int maxSequences) {
    EngineSettings settings =
        fixture
            .settings()
            .withPolicy(EngineFixture.fixed(3))
            .withLimits(new SchedulerLimits(maxSequences, 12, 8))
            .withDevices(
                new EngineSettings.DeviceSettings(
                    Duration.ofMillis(300), Duration.ofMillis(300), Duration.ofSeconds(30)));
    TestDevice device = TestDevice.gated(EngineFixture.SIM);
    Engine engine = fixture.engine(settings, device);
    fixture.awaitStatus(engine, EngineStatus::ready);
    InferenceRequest mate = request(engine, "mate", 1, 60).build();
    CompletionStage<List<TokenEvent>> unharmed =
        engine.generate(mate).runWith(Sink.seq(), fixture.kit.system());
    fixture.awaitStatus(engine, status -> status.running() == 1);
    InferenceRequest victim = request(engine, "victim", 2, 900).build();
    Pair<Generation, CompletionStage<List<TokenEvent>>> cancelled =
        engine.generate(victim).toMat(Sink.seq(), Keep.both()).run(fixture.kit.system());
    fixture.awaitStatus(engine, status -> status.running() + status.waiting() == 2);
    return new Scene(device, engine, victim, cancelled, mate, unharmed);
  }

  /** In the first the victim waits; then come its prefill chunks, then decodes with drafts. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 8, 11})
  void inAnyStep(int step) {
    Scene scene = scene(2);
    scene.device.allow(step - 1);
    scene.awaitInFlight(step);
    scene.cancelAndCheck();
  }

  @Test
  void whileItWaitsForAPlace() {
    Scene scene = scene(1);
    scene.device.allow(3);
    scene.awaitInFlight(4);
    scene.cancelAndCheck();
  }

  @Test
  void whileItsDeviceIsOpenedAgain() {
    Scene scene = scene(2);
    scene.device.stepFaults.add(DeviceException.transientFailure("injected"));
    scene.device.allow(1);
    fixture.awaitStatus(
        scene.engine(), status -> status.devices().getFirst().state() == DeviceState.RESTARTING);
    scene.cancelAndCheck();
  }

  @Test
  void afterItsEnd() {
    Scene scene = scene(2);
    scene.device.allowAll();
    assertThat(text(await(scene.unharmed()))).isEqualTo(oracle(scene.mate()));
    List<TokenEvent> events = await(scene.cancelled().second());
    scene.cancelled().first().cancel();
    assertThat(text(events)).isEqualTo(oracle(scene.victim())).hasSize(900);
    assertThat(await(scene.cancelled().first().completion()).reason())
        .isEqualTo(FinishReason.LENGTH);
    fixture.awaitStatus(scene.engine(), status -> status.devices().getFirst().usedKvBlocks() == 0);
  }
}
