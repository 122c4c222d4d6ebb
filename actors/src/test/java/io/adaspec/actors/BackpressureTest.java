package io.adaspec.actors;

import static io.adaspec.actors.EngineFixture.await;
import static io.adaspec.actors.EngineFixture.oracle;
import static io.adaspec.actors.EngineFixture.request;
import static io.adaspec.actors.EngineFixture.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.runtime.request.FinishReason;
import io.adaspec.runtime.request.InferenceRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.testkit.TestSubscriber;
import org.apache.pekko.stream.testkit.javadsl.TestSink;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class BackpressureTest {
  private static EngineFixture fixture;

  @BeforeAll
  static void start() {
    fixture = new EngineFixture();
  }

  @AfterAll
  static void stop() {
    fixture.close();
  }

  private static Pair<Generation, TestSubscriber.Probe<TokenEvent>> probe(
      Engine engine, InferenceRequest request) {
    return engine
        .generate(request)
        .toMat(TestSink.create(fixture.kit.system().classicSystem()), Keep.both())
        .run(fixture.kit.system());
  }

  /** Takes one event after the other to the end. */
  private static List<TokenEvent> drain(TestSubscriber.Probe<TokenEvent> consumer) {
    List<TokenEvent> events = new ArrayList<>();
    do {
      events.add(consumer.requestNext());
    } while (!(events.getLast() instanceof TokenEvent.Finished));
    consumer.expectComplete();
    return events;
  }

  @Test
  void aStalledConsumerPausesItsSequenceAndLosesNothing() {
    TestDevice device = TestDevice.running(EngineFixture.SIM);
    Counts counts = new Counts();
    Engine engine =
        Engine.builder(EngineFixture.model("stalled"))
            .device(device.opener())
            .observer(counts)
            .start(fixture.kit.system());
    InferenceRequest slow = request(engine, "slow", 1, 500).build();
    TestSubscriber.Probe<TokenEvent> stalled = probe(engine, slow).second();
    stalled.ensureSubscription();
    fixture.kit.createTestProbe().awaitAssert(() -> assertThatPaused(counts));

    List<InferenceRequest> fast = new ArrayList<>();
    List<CompletionStage<List<TokenEvent>>> answers = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      fast.add(request(engine, "fast" + i, 10 + i, 200).build());
      answers.add(engine.generate(fast.getLast()).runWith(Sink.seq(), fixture.kit.system()));
    }
    for (int i = 0; i < fast.size(); i++) {
      assertThat(text(await(answers.get(i)))).isEqualTo(oracle(fast.get(i)));
    }
    assertThat(counts.delivered.get()).isLessThan(5 * 200 + 64);

    List<TokenEvent> events = drain(stalled);
    assertThat(text(events)).isEqualTo(oracle(slow)).hasSize(500);
    assertThat(counts.resumed.get()).isPositive();
  }

  private static Object assertThatPaused(Counts counts) {
    assertThat(counts.paused.get()).isEqualTo(1);
    return counts;
  }

  @Test
  void withoutDemandTheDeviceStopsAtTheHighWaterMark() {
    // steps take the milliseconds of a real device, so that the message of the pause can overtake
    TestDevice device = TestDevice.running(EngineFixture.SIM + ",realtime");
    Engine engine = fixture.engine(device);
    TestSubscriber.Probe<TokenEvent> consumer =
        probe(engine, request(engine, "r", 1, 900).build()).second();
    consumer.ensureSubscription();
    fixture.awaitStatus(
        engine, status -> status.paused() == 1 && status.devices().getFirst().running() == 1);
    int pauseTokens = fixture.settings().streams().pauseTokens();
    assertThat(device.plans.size()).isBetween(pauseTokens, 2 * pauseTokens);
    consumer.cancel();
    fixture.awaitStatus(engine, status -> status.running() == 0);
  }

  @Test
  void aPausedSequenceKeepsItsKvAndComputesNothingTwice() {
    TestDevice device = TestDevice.running(EngineFixture.SIM);
    Engine engine = fixture.engine(device);
    InferenceRequest request = request(engine, "r", 1, 500).build();
    TestSubscriber.Probe<TokenEvent> consumer = probe(engine, request).second();
    consumer.ensureSubscription();
    fixture.awaitStatus(
        engine,
        status -> status.paused() == 1 && status.devices().getFirst().usedKvBlocks() >= 84 / 16);
    assertThat(text(drain(consumer))).isEqualTo(oracle(request));
    assertThat(device.rowsOf(request.prompt())).isEqualTo(20 + 500 - 1);
  }

  @Test
  void aPausedSequenceMakesWayWhenMemoryIsShortAndLosesNothing() {
    TestDevice device = TestDevice.running(EngineFixture.SIM + ",blocks=8");
    Engine engine = fixture.engine(device);
    InferenceRequest slow = request(engine, "slow", 1, 100).build();
    TestSubscriber.Probe<TokenEvent> consumer = probe(engine, slow).second();
    consumer.ensureSubscription();
    fixture.awaitStatus(engine, status -> status.paused() == 1);
    InferenceRequest fast = request(engine, "fast", 2, 100).build();
    assertThat(text(fixture.run(engine, fast))).isEqualTo(oracle(fast));
    assertThat(text(drain(consumer))).isEqualTo(oracle(slow));
    assertThat(device.rowsOf(slow.prompt())).isGreaterThan(20 + 100 - 1);
  }

  @Test
  void cancelsAConsumerThatStandsStillWithAReason() {
    EngineSettings settings =
        fixture
            .settings()
            .withStreams(new EngineSettings.StreamSettings(64, 16, Duration.ofMillis(100)));
    Engine engine = fixture.engine(settings, TestDevice.running(EngineFixture.SIM));
    Pair<Generation, TestSubscriber.Probe<TokenEvent>> run =
        probe(engine, request(engine, "r", 1, 900).build());
    run.second().ensureSubscription();
    Throwable error = run.second().expectError();
    assertThat(error)
        .isInstanceOf(SlowConsumerException.class)
        .hasMessageContaining("stall-timeout");
    assertThat(await(run.first().completion()).reason()).isEqualTo(FinishReason.SLOW_CONSUMER);
    fixture.awaitStatus(
        engine, status -> status.running() == 0 && status.devices().getFirst().usedKvBlocks() == 0);
  }

  @Test
  void cancelByTheHandleDeliversWhatIsThereAndEnds() {
    TestDevice device = TestDevice.gated(EngineFixture.SIM);
    Engine engine = fixture.engine(device);
    InferenceRequest request = request(engine, "r", 1, 900).build();
    Pair<Generation, TestSubscriber.Probe<TokenEvent>> run = probe(engine, request);
    device.allow(3);
    TokenEvent.Tokens first = (TokenEvent.Tokens) run.second().requestNext();
    run.first().cancel();
    List<TokenEvent> events = new ArrayList<>(List.of(first));
    events.addAll(drain(run.second()));
    assertThat(oracle(request)).startsWith(text(events));
    assertThat(EngineFixture.summary(events).reason()).isEqualTo(FinishReason.CANCELLED);
    device.allowAll();
    fixture.awaitStatus(engine, status -> status.running() == 0);
  }

  @Test
  void cancelInTheQueueFreesThePlace() {
    TestDevice device = TestDevice.gated(EngineFixture.SIM);
    EngineSettings settings =
        fixture.settings().withLimits(new io.adaspec.runtime.scheduler.SchedulerLimits(1, 64, 32));
    Engine engine = fixture.engine(settings, device);
    fixture.awaitStatus(engine, EngineStatus::ready);
    InferenceRequest first = request(engine, "first", 1, 10).build();
    CompletionStage<List<TokenEvent>> running =
        engine.generate(first).runWith(Sink.seq(), fixture.kit.system());
    fixture.awaitStatus(engine, status -> status.running() == 1);
    Pair<Generation, TestSubscriber.Probe<TokenEvent>> waiting =
        probe(engine, request(engine, "waiting", 2, 10).build());
    fixture.awaitStatus(engine, status -> status.waiting() == 1);
    waiting.first().cancel();
    TokenEvent.Finished end = (TokenEvent.Finished) waiting.second().requestNext();
    assertThat(end.reason()).isEqualTo(FinishReason.CANCELLED);
    fixture.awaitStatus(engine, status -> status.waiting() == 0);
    device.allowAll();
    assertThat(text(await(running))).isEqualTo(oracle(first));
  }

  @Test
  void cancelOfTheStreamMidStepFreesItsBlocks() {
    TestDevice device = TestDevice.gated(EngineFixture.SIM);
    Engine engine = fixture.engine(device);
    Pair<Generation, TestSubscriber.Probe<TokenEvent>> run =
        probe(engine, request(engine, "r", 1, 900).build());
    device.allow(2);
    run.second().requestNext();
    fixture.kit.createTestProbe().awaitAssert(() -> planned(device, 3));
    run.second().cancel();
    assertThat(await(run.first().completion()).reason()).isEqualTo(FinishReason.CANCELLED);
    device.allowAll();
    fixture.awaitStatus(
        engine, status -> status.running() == 0 && status.devices().getFirst().usedKvBlocks() == 0);
    assertThat(device.plans).hasSizeLessThanOrEqualTo(4);
  }

  private static Object planned(TestDevice device, int plans) {
    assertThat(device.plans).hasSizeGreaterThanOrEqualTo(plans);
    return device;
  }

  @Test
  void aStreamThatIsNeverRunCostsNothing() {
    Engine engine = fixture.engine(TestDevice.running(EngineFixture.SIM));
    engine.generate(request(engine, "r", 1, 5).build());
    assertThat(await(engine.status()).running()).isZero();
    assertThatThrownBy(
            () ->
                await(
                    engine
                        .generate(request(engine, "x", 1, 5).build())
                        .map(
                            event -> {
                              throw new IllegalArgumentException("consumer's own");
                            })
                        .runWith(Sink.ignore(), fixture.kit.system())))
        .hasMessageContaining("consumer's own");
    fixture.awaitStatus(engine, status -> status.running() == 0);
  }
}
