package io.adaspec.actors;

import static io.adaspec.actors.EngineFixture.await;
import static io.adaspec.actors.EngineFixture.oracle;
import static io.adaspec.actors.EngineFixture.request;
import static io.adaspec.actors.EngineFixture.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.actors.EngineStatus.DeviceState;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.speculation.ClassPolicies;
import io.adaspec.runtime.speculation.ClassPolicy;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.time.NanoClock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SupervisionTest {
  private static EngineFixture fixture;

  @BeforeAll
  static void start() {
    fixture = new EngineFixture();
  }

  @AfterAll
  static void stop() {
    fixture.close();
  }

  @Test
  void clientsOfAFailedDeviceSeeAnUninterruptedIdenticalStream() {
    TestDevice device = TestDevice.gated(EngineFixture.SIM);
    Engine engine = fixture.engine(fixture.quickRestarts(), device);
    List<InferenceRequest> requests = new ArrayList<>();
    List<CompletionStage<List<TokenEvent>>> answers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      requests.add(request(engine, "r" + i, i, 60).build());
      answers.add(fixture.start(engine, requests.getLast()));
    }
    for (int failures = 1; failures <= 3; failures++) {
      device.allow(5);
      int reached = 5 * failures;
      fixture.kit.createTestProbe().awaitAssert(() -> atLeast(device.plans.size(), reached));
      device.stepFaults.add(TestDevice.failure());
      device.allow(1);
      int openings = failures + 1;
      fixture.kit.createTestProbe().awaitAssert(() -> atLeast(device.opened.get(), openings));
    }
    device.allowAll();
    for (int i = 0; i < 4; i++) {
      assertThat(text(await(answers.get(i)))).isEqualTo(oracle(requests.get(i)));
    }
    assertThat(device.closed.get()).isEqualTo(3);
    assertThat(await(engine.status()).devices().getFirst().restarts()).isEqualTo(3);
  }

  /** Pekko would end the process. */
  @Test
  void errorsThatAStepMeetsBreakItsDeviceAndNotTheProcess() {
    TestDevice device = TestDevice.running(EngineFixture.SIM);
    device.stepFaults.add(new OutOfMemoryError("injected"));
    device.stepFaults.add(new InternalError("a mapped file was cut short"));
    Engine engine = fixture.engine(fixture.quickRestarts(), device);
    fixture.assertAnswers(engine, 1);
    assertThat(device.opened.get()).isEqualTo(3);
    assertThat(device.closed.get()).isEqualTo(2);
  }

  @Test
  void aDeviceWhoseMemoryTheSystemRefusesIsOpenedAgain() {
    TestDevice device = TestDevice.running(EngineFixture.SIM);
    device.openFaults.add(new OutOfMemoryError("the system refuses 9 bytes"));
    device.openFaults.add(new UnsatisfiedLinkError("no such library"));
    Engine engine = fixture.engine(fixture.quickRestarts(), device);
    fixture.assertAnswers(engine, 1);
    assertThat(device.opened.get()).isEqualTo(3);
  }

  @Test
  void aDeviceStaysOnOneThreadOfItsOwnThroughRestarts() {
    TestDevice device = TestDevice.running(EngineFixture.SIM);
    Engine engine = fixture.engine(fixture.quickRestarts(), device);
    device.stepFaults.add(TestDevice.failure());
    fixture.run(engine, request(engine, "r", 1, 20).build());
    await(engine.stop());
    assertThat(device.threads).hasSize(1).first().asString().contains("device-dispatcher");
    assertThat(device.opened.get()).isEqualTo(2);
    assertThat(device.closed.get()).isEqualTo(2);
  }

  @Test
  void requestsWaitWhileADeviceCannotBeOpened() {
    TestDevice device = TestDevice.running(EngineFixture.SIM);
    device.openFaults.add(TestDevice.failure());
    device.openFaults.add(new IllegalStateException("not a device exception"));
    Engine engine = fixture.engine(fixture.quickRestarts(), device);
    fixture.assertAnswers(engine, 1);
    assertThat(device.opened.get()).isEqualTo(3);
  }

  @Test
  void failsRequestsWhenTheLastDeviceIsLost() {
    TestDevice device = TestDevice.gated(EngineFixture.SIM);
    Engine engine = fixture.engine(fixture.quickRestarts(), device);
    CompletionStage<List<TokenEvent>> answer =
        fixture.start(engine, request(engine, "r", 1, 20).build());
    device.stepFaults.add(TestDevice.loss());
    device.allowAll();
    assertThatThrownBy(() -> await(answer))
        .isInstanceOf(EngineFailedException.class)
        .hasMessageContaining("burnt out");
    fixture.awaitStatus(
        engine,
        status ->
            !status.ready()
                && status.devices().getFirst().state() == DeviceState.LOST
                && status.reason().contains("burnt out"));
    assertThatThrownBy(() -> fixture.run(engine, request(engine, "later", 1, 20).build()))
        .isInstanceOfSatisfying(
            RequestRefusedException.class,
            refused -> assertThat(refused.refusal().reason()).isEqualTo(Refusal.Reason.NO_DEVICE));
    assertThat(device.closed.get()).isEqualTo(1);
  }

  @Test
  void anUnknownDeviceKindIsLostAtOnce() {
    TestDevice device = TestDevice.running(EngineFixture.SIM);
    device.openFaults.add(new IllegalArgumentException("no device kind 'tpu'"));
    Engine engine = fixture.engine(fixture.quickRestarts(), device);
    fixture.awaitStatus(
        engine,
        status ->
            status.devices().getFirst().state() == DeviceState.LOST
                && status.reason().contains("tpu"));
    assertThat(device.opened.get()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void sequencesOfAFailedDeviceGoOnOnAnother(boolean permanently) {
    TestDevice first = TestDevice.gated(EngineFixture.SIM);
    TestDevice second = TestDevice.gated(EngineFixture.SIM);
    Engine engine = fixture.engine(fixture.quickRestarts(), first, second);
    fixture.awaitStatus(
        engine, status -> status.devices().stream().allMatch(d -> d.state() == DeviceState.READY));
    List<InferenceRequest> requests = new ArrayList<>();
    List<CompletionStage<List<TokenEvent>>> answers = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      requests.add(request(engine, "r" + i, i, 60).build());
      answers.add(fixture.start(engine, requests.getLast()));
    }
    first.allow(4);
    second.allow(4);
    fixture.kit.createTestProbe().awaitAssert(() -> atLeast(first.plans.size(), 5));
    first.stepFaults.add(permanently ? TestDevice.loss() : TestDevice.failure());
    first.allowAll();
    second.allowAll();
    for (int i = 0; i < requests.size(); i++) {
      assertThat(text(await(answers.get(i)))).isEqualTo(oracle(requests.get(i)));
    }
  }

  @Test
  void aRequestThatBreaksEveryStepIsGivenUpAndTheOthersGoOn() {
    TestDevice device = TestDevice.gated(EngineFixture.SIM);
    Engine engine = fixture.engine(fixture.quickRestarts(), device);
    InferenceRequest good = request(engine, "good", 1, 40).build();
    CompletionStage<List<TokenEvent>> answer = fixture.start(engine, good);
    device.allow(4);
    fixture.kit.createTestProbe().awaitAssert(() -> atLeast(device.plans.size(), 5));
    InferenceRequest poison = request(engine, "poison", 2, 40).build();
    device.failWhere(
        plan -> TestDevice.has(plan, poison.prompt()) && !TestDevice.has(plan, good.prompt()));
    CompletionStage<List<TokenEvent>> poisoned = fixture.start(engine, poison);
    device.allowAll();
    assertThat(text(await(answer))).isEqualTo(oracle(good));
    assertThatThrownBy(() -> await(poisoned))
        .isInstanceOf(EngineFailedException.class)
        .hasMessageContaining("3 failed steps")
        .hasMessageContaining("poisoned");
    fixture.assertAnswers(engine, 3);
    fixture.awaitStatus(engine, status -> status.devices().getFirst().usedKvBlocks() == 0);
  }

  @Test
  void aRequestThatBreaksEveryStepTakesNobodyAlong() {
    TestDevice device = TestDevice.gated(EngineFixture.SIM);
    Engine engine = fixture.engine(fixture.quickRestarts(), device);
    List<InferenceRequest> good = new ArrayList<>();
    List<CompletionStage<List<TokenEvent>>> answers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      good.add(request(engine, "good-" + i, 10 + i, 40).build());
      answers.add(fixture.start(engine, good.getLast()));
    }
    device.allow(4);
    fixture.kit.createTestProbe().awaitAssert(() -> atLeast(device.plans.size(), 5));
    InferenceRequest poison = request(engine, "poison", 2, 40).build();
    device.failWhere(plan -> TestDevice.has(plan, poison.prompt()));
    CompletionStage<List<TokenEvent>> poisoned = fixture.start(engine, poison);
    device.allowAll();
    assertThatThrownBy(() -> await(poisoned))
        .isInstanceOfSatisfying(
            EngineFailedException.class,
            failed -> assertThat(failed.reason()).isEqualTo(FailureReason.GIVEN_UP));
    for (int i = 0; i < good.size(); i++) {
      assertThat(text(await(answers.get(i)))).isEqualTo(oracle(good.get(i)));
    }
    // All answers may be there before the device has opened again after the last failure.
    fixture.kit.createTestProbe().awaitAssert(() -> atLeast(device.opened.get(), 4));
    assertThat(device.opened.get()).isEqualTo(4);
    fixture.awaitStatus(engine, status -> status.devices().getFirst().usedKvBlocks() == 0);
  }

  @Test
  void aSequenceThatTheDevicesLeftCannotHoldFailsWithTheReason() {
    TestDevice large = TestDevice.gated(EngineFixture.SIM);
    TestDevice small = TestDevice.gated(EngineFixture.SIM + ",blocks=8");
    Engine engine = fixture.engine(fixture.quickRestarts(), large, small);
    fixture.awaitStatus(
        engine, status -> status.devices().stream().allMatch(d -> d.state() == DeviceState.READY));
    InferenceRequest request =
        InferenceRequest.builder(
                "long", EngineFixture.prompt(300, 1), 60, engine.clock().nanoTime())
            .build();
    CompletionStage<List<TokenEvent>> answer = fixture.start(engine, request);
    large.stepFaults.add(TestDevice.loss());
    large.allowAll();
    small.allowAll();
    assertThatThrownBy(() -> await(answer))
        .isInstanceOfSatisfying(
            EngineFailedException.class,
            failed -> assertThat(failed.reason()).isEqualTo(FailureReason.NEVER_FITS));
    fixture.assertAnswers(engine, 3);
  }

  @Test
  void aStreamWhoseOwnerDiesEndsToo() {
    AtomicBoolean broken = new AtomicBoolean();
    NanoClock clock =
        () -> {
          boolean inRequest =
              broken.get()
                  && StackWalker.getInstance()
                      .walk(f -> f.anyMatch(e -> e.getClassName().endsWith("RequestActor")));
          if (inRequest) {
            throw new IllegalStateException("injected");
          }
          return System.nanoTime();
        };
    TestDevice device = TestDevice.gated(EngineFixture.SIM);
    Engine engine =
        Engine.builder(EngineFixture.model("dying-owner"))
            .device(device.opener())
            .clock(clock)
            .start(fixture.kit.system());
    Pair<Generation, CompletionStage<List<TokenEvent>>> run =
        engine
            .generate(request(engine, "r", 1, 20).build())
            .toMat(Sink.seq(), Keep.both())
            .run(fixture.kit.system());
    fixture.awaitStatus(engine, status -> status.running() == 1);
    broken.set(true);
    run.first().cancel();
    assertThatThrownBy(() -> await(run.second()))
        .isInstanceOf(EngineFailedException.class)
        .hasMessageContaining("stopped before its end");
    assertThatThrownBy(() -> await(run.first().completion()))
        .isInstanceOf(EngineFailedException.class);
    device.allowAll();
    fixture.awaitStatus(engine, status -> status.running() == 0);
  }

  @Test
  void aPolicyWithItsClassesSurvivesTheRestartOfADevice() {
    TestDevice device = TestDevice.running(EngineFixture.SIM);
    Engine engine = fixture.engine(fixture.quickRestarts(), device);
    ClassPolicy plain = new ClassPolicy(DrafterKind.NONE, 0, true, true);
    PolicySnapshot policy =
        await(
            engine.applyPolicy(
                EngineFixture.fixed(3)
                    .withClasses(ClassPolicies.open().with(ServiceClass.STANDARD, plain))));
    device.stepFaults.add(TestDevice.failure());
    fixture.assertAnswers(engine, 1);
    assertThat(device.opened.get()).isEqualTo(2);
    assertThat(await(engine.status()).policy()).isEqualTo(policy);
    assertThat(device.plans.stream().flatMap(plan -> plan.work().stream()))
        .allMatch(work -> work.draftCap() == 0);
  }

  @Test
  void aFailureOfTheSchedulersDriverFailsItsRequestsAndNothingElse() {
    AtomicBoolean broken = new AtomicBoolean();
    NanoClock clock =
        () -> {
          if (broken.compareAndSet(true, false)) {
            throw new IllegalStateException("injected");
          }
          return System.nanoTime();
        };
    TestDevice device = TestDevice.gated(EngineFixture.SIM);
    Engine engine =
        Engine.builder(EngineFixture.model("broken-driver"))
            .device(device.opener())
            .clock(clock)
            .start(fixture.kit.system());
    CompletionStage<List<TokenEvent>> lost =
        fixture.start(engine, request(engine, "r", 1, 20).build());
    fixture.kit.createTestProbe().awaitAssert(() -> atLeast(device.plans.size(), 1));
    PolicySnapshot policy = await(engine.applyPolicy(EngineFixture.fixed(2)));
    broken.set(true);
    device.allow(1);
    assertThatThrownBy(() -> await(lost))
        .isInstanceOfSatisfying(
            EngineFailedException.class,
            failed -> {
              assertThat(failed.reason()).isEqualTo(FailureReason.SCHEDULER_RESTARTED);
              assertThat(failed.retryable()).isTrue();
            });
    device.allowAll();
    fixture.assertAnswers(engine, 2);
    assertThat(await(engine.status()).policy()).isEqualTo(policy);
    assertThat(device.opened.get()).isEqualTo(1);
  }

  private static Object atLeast(int value, int least) {
    assertThat(value).isGreaterThanOrEqualTo(least);
    return value;
  }
}
