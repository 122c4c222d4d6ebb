package io.adaspec.actors;

import static io.adaspec.actors.EngineFixture.await;
import static io.adaspec.actors.EngineFixture.oracle;
import static io.adaspec.actors.EngineFixture.request;
import static io.adaspec.actors.EngineFixture.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.runtime.request.InferenceRequest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.UniqueKillSwitch;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.Test;

class ShutdownTest {
  private static CompletionStage<List<TokenEvent>> start(
      EngineFixture fixture, Engine engine, InferenceRequest request) {
    return engine.generate(request).runWith(Sink.seq(), fixture.kit.system());
  }

  @Test
  void coordinatedShutdownDrainsStreamsThenClosesDevices() {
    try (EngineFixture fixture = new EngineFixture()) {
      TestDevice device = TestDevice.gated(EngineFixture.SIM);
      Engine engine = fixture.engine(device);
      InferenceRequest request = request(engine, "r", 1, 40).build();
      CompletionStage<List<TokenEvent>> answer = start(fixture, engine, request);
      device.allow(3);
      fixture.awaitStatus(engine, status -> status.running() == 1);
      CompletionStage<Done> shutdown =
          CoordinatedShutdown.get(fixture.kit.system()).runAll(CoordinatedShutdown.jvmExitReason());
      fixture.awaitStatus(engine, EngineStatus::draining);
      assertThatThrownBy(() -> fixture.run(engine, request(engine, "late", 2, 5).build()))
          .isInstanceOfSatisfying(
              RequestRefusedException.class,
              refused -> assertThat(refused.refusal().reason()).isEqualTo(Refusal.Reason.DRAINING));
      assertThat(device.closed.get()).isZero();
      device.allowAll();
      assertThat(text(await(answer))).isEqualTo(oracle(request));
      await(shutdown);
      assertThat(device.closed.get()).isEqualTo(1);
    }
  }

  @Test
  void stopFailsWhatDoesNotEndInTimeAndTheHostRunsOn() {
    try (EngineFixture fixture = new EngineFixture()) {
      TestDevice device = TestDevice.gated(EngineFixture.SIM);
      EngineSettings impatient =
          fixture
              .settings()
              .withShutdown(new EngineSettings.ShutdownSettings(Duration.ofMillis(100)));
      Engine engine = fixture.engine(impatient, device);
      CompletionStage<List<TokenEvent>> answer =
          start(fixture, engine, request(engine, "r", 1, 40).build());
      fixture.awaitStatus(engine, status -> status.running() == 1);
      CompletionStage<Done> stopped = engine.stop();
      assertThatThrownBy(() -> await(answer))
          .isInstanceOf(EngineFailedException.class)
          .hasMessageContaining("shutting down");
      device.allowAll();
      await(stopped);
      assertThat(device.closed.get()).isEqualTo(1);
      assertThat(await(engine.stop())).isEqualTo(Done.done());
      assertThat(fixture.kit.system().whenTerminated().isCompleted()).isFalse();
      assertThat(
              text(
                  fixture.run(
                      fixture.engine(TestDevice.running(EngineFixture.SIM)),
                      request(engine, "next", 1, 5).build())))
          .hasSize(5);
    }
  }

  @Test
  void requestsThatWaitForADeviceThatNeverOpenedAreToldAtOnce() {
    CountDownLatch opened = new CountDownLatch(1);
    try (EngineFixture fixture = new EngineFixture()) {
      Engine engine =
          Engine.builder(EngineFixture.model("loading"))
              .settings(fixture.settings())
              .device(TestDevice.running(EngineFixture.SIM).openerAfter(opened))
              .start(fixture.kit.system());
      CompletionStage<List<TokenEvent>> answer =
          start(fixture, engine, request(engine, "r", 1, 40).build());
      fixture.awaitStatus(engine, status -> status.waiting() == 1);
      CompletionStage<Done> stopped = engine.stop();
      assertThatThrownBy(() -> await(answer))
          .isInstanceOfSatisfying(
              EngineFailedException.class, failed -> assertThat(failed.retryable()).isTrue())
          .hasMessageContaining("before any of its devices is ready");
      opened.countDown();
      await(stopped);
    } finally {
      opened.countDown();
    }
  }

  @Test
  void theEngineDoesNotNeedTheCommonPoolOfTheJvm() throws Exception {
    CountDownLatch released = new CountDownLatch(1);
    int threads = ForkJoinPool.commonPool().getParallelism();
    CountDownLatch blocked = new CountDownLatch(threads);
    for (int i = 0; i < threads; i++) {
      ForkJoinPool.commonPool()
          .execute(
              () -> {
                blocked.countDown();
                try {
                  released.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
    }
    blocked.await();
    try (EngineFixture fixture = new EngineFixture()) {
      TestDevice device = TestDevice.gated(EngineFixture.SIM);
      Engine engine = fixture.engine(device);
      UniqueKillSwitch reader =
          engine
              .generate(request(engine, "r", 1, 400).build())
              .viaMat(KillSwitches.single(), Keep.right())
              .to(Sink.ignore())
              .run(fixture.kit.system());
      fixture.awaitStatus(engine, status -> status.running() == 1);
      reader.shutdown();
      device.allowAll();
      fixture.awaitStatus(engine, status -> status.running() == 0);
      CompletionStage<Boolean> stopped = engine.stop().thenApply(done -> true);
      assertThat(await(stopped).booleanValue()).isTrue();
    } finally {
      released.countDown();
    }
  }

  @Test
  void aStoppedEngineFailsRequests() {
    try (EngineFixture fixture = new EngineFixture()) {
      Engine engine = fixture.engine(TestDevice.running(EngineFixture.SIM));
      await(engine.stop());
      assertThatThrownBy(() -> fixture.run(engine, request(engine, "r", 1, 5).build()))
          .isInstanceOf(EngineFailedException.class)
          .hasMessageContaining("stopped");
    }
  }
}
