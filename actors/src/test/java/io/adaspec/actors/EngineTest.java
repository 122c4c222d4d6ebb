package io.adaspec.actors;

import static io.adaspec.actors.EngineFixture.oracle;
import static io.adaspec.actors.EngineFixture.request;
import static io.adaspec.actors.EngineFixture.summary;
import static io.adaspec.actors.EngineFixture.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.runtime.request.FinishReason;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.Penalties;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Verifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class EngineTest {
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
  void streamsTheTextOfTheBareEngine() {
    Engine engine = fixture.engine(TestDevice.running(EngineFixture.SIM));
    InferenceRequest request = request(engine, "r", 1, 50).build();
    List<TokenEvent> events = fixture.run(engine, request);
    assertThat(text(events)).isEqualTo(oracle(request)).hasSize(50);
    GenerationSummary summary = summary(events);
    assertThat(summary.reason()).isEqualTo(FinishReason.LENGTH);
    assertThat(summary.promptTokens()).isEqualTo(20);
    assertThat(summary.outputTokens()).isEqualTo(50);
    assertThat(summary.draftTokens()).isZero();
    assertThat(summary.ttftNanos()).isPositive().isLessThanOrEqualTo(summary.e2eNanos());
    assertThat(summary.queueWaitNanos()).isLessThanOrEqualTo(summary.ttftNanos());
  }

  @Test
  void yieldsTheSameTextWithSpeculationAndBatchMates() {
    EngineSettings settings = fixture.settings().withPolicy(EngineFixture.fixed(4));
    Engine engine = fixture.engine(settings, TestDevice.running(EngineFixture.SIM));
    List<InferenceRequest> requests = new ArrayList<>();
    List<CompletionStage<List<TokenEvent>>> answers = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      InferenceRequest request = request(engine, "r" + i, i, 40 + i).build();
      requests.add(request);
      answers.add(engine.generate(request).runWith(Sink.seq(), fixture.kit.system()));
    }
    for (int i = 0; i < requests.size(); i++) {
      List<TokenEvent> events = EngineFixture.await(answers.get(i));
      assertThat(text(events)).isEqualTo(oracle(requests.get(i)));
      assertThat(summary(events).acceptedTokens())
          .isPositive()
          .isLessThanOrEqualTo(summary(events).draftTokens());
    }
  }

  @Test
  void endsAtAStopStringAcrossTokensAndFreesTheSequence() {
    Engine engine = fixture.engine(TestDevice.running(EngineFixture.SIM));
    String whole = oracle(request(engine, "r", 3, 60).build());
    String stop = whole.substring(30, 33);
    InferenceRequest request = request(engine, "r", 3, 600).stopStrings(List.of(stop)).build();
    List<TokenEvent> events = fixture.run(engine, request);
    assertThat(text(events)).isEqualTo(whole.substring(0, whole.indexOf(stop)));
    assertThat(summary(events).reason()).isEqualTo(FinishReason.STOP);
    assertThat(summary(events).outputTokens()).isEqualTo(whole.indexOf(stop));
    fixture.awaitStatus(engine, status -> status.running() == 0);
  }

  @Test
  void completesTheGenerationHandle() {
    Engine engine = fixture.engine(TestDevice.running(EngineFixture.SIM));
    Pair<Generation, CompletionStage<List<TokenEvent>>> run =
        engine
            .generate(request(engine, "handle", 1, 5).build())
            .toMat(Sink.seq(), Keep.both())
            .run(fixture.kit.system());
    assertThat(run.first().id().value()).isEqualTo("handle");
    assertThat(EngineFixture.await(run.first().completion()).outputTokens()).isEqualTo(5);
    assertThat(EngineFixture.await(run.second())).isNotEmpty();
  }

  @Test
  void refusesAPromptLongerThanTheContext() {
    Engine engine = fixture.engine(TestDevice.running(EngineFixture.SIM));
    InferenceRequest request =
        InferenceRequest.builder("long", EngineFixture.prompt(1024, 1), 5, 0).build();
    assertThatThrownBy(() -> fixture.run(engine, request))
        .isInstanceOfSatisfying(
            RequestRefusedException.class,
            refused -> {
              assertThat(refused.neverFits()).isTrue();
              assertThat(refused.getMessage()).contains("1024");
            });
  }

  @Test
  void refusesAPromptThatNoDeviceCouldHold() {
    Engine engine = fixture.engine(TestDevice.running(EngineFixture.SIM + ",blocks=8"));
    fixture.awaitStatus(engine, EngineStatus::ready);
    InferenceRequest request =
        InferenceRequest.builder("large", EngineFixture.prompt(192, 1), 5, 0).build();
    assertThatThrownBy(() -> fixture.run(engine, request))
        .isInstanceOfSatisfying(
            RequestRefusedException.class, refused -> assertThat(refused.neverFits()).isTrue())
        .hasMessageContaining("KV memory");
  }

  @Test
  void refusesWhenTheQueueIsFullAndSaysWhenToRetry() {
    EngineSettings settings =
        fixture.settings().withQueue(new EngineSettings.QueueSettings(2, 1_000, 2));
    TestDevice device = TestDevice.gated(EngineFixture.SIM);
    EngineSettings oneAtATime =
        settings.withLimits(new io.adaspec.runtime.scheduler.SchedulerLimits(1, 64, 32));
    Engine engine = fixture.engine(oneAtATime, device);
    fixture.awaitStatus(engine, EngineStatus::ready);
    List<CompletionStage<List<TokenEvent>>> taken = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      taken.add(
          engine
              .generate(request(engine, "r" + i, i, 5).build())
              .runWith(Sink.seq(), fixture.kit.system()));
      int waiting = i;
      fixture.awaitStatus(engine, status -> status.waiting() == waiting);
    }
    assertThatThrownBy(() -> fixture.run(engine, request(engine, "r3", 3, 5).build()))
        .isInstanceOfSatisfying(
            RequestRefusedException.class,
            refused -> {
              assertThat(refused.neverFits()).isFalse();
              assertThat(refused.refusal().reason()).isEqualTo(Refusal.Reason.QUEUE_FULL);
              assertThat(refused.predictedWait()).isPositive();
              assertThat(refused)
                  .hasMessageContaining("about " + refused.predictedWait().toMillis() + " ms");
              assertThat(refused.retryAfter()).isPositive();
            });
    device.allowAll();
    taken.forEach(EngineFixture::await);
  }

  @Test
  void refusesWhatWouldComeTooLateByTheRequestsOwnTargetWithThePredictedWait() {
    TestDevice device = TestDevice.gated(EngineFixture.SIM);
    ServiceLevels hopeless = new ServiceLevels(Map.of(ServiceClass.STANDARD, new SloTarget(1, 1)));
    Engine engine = fixture.engine(fixture.settings().withLevels(hopeless), device);
    fixture.awaitStatus(engine, EngineStatus::ready);
    InferenceRequest impatient =
        request(engine, "impatient", 1, 5).slo(new SloTarget(1_000, SloTarget.NONE)).build();
    assertThatThrownBy(() -> fixture.run(engine, impatient))
        .isInstanceOfSatisfying(
            RequestRefusedException.class,
            refused -> {
              assertThat(refused.refusal().reason()).isEqualTo(Refusal.Reason.TOO_LATE);
              assertThat(refused.neverFits()).isFalse();
              assertThat(refused.predictedWait()).isGreaterThan(Duration.ofNanos(2_000));
              assertThat(refused.retryAfter())
                  .isPositive()
                  .isLessThanOrEqualTo(refused.predictedWait());
            });
    CompletionStage<List<TokenEvent>> silent =
        engine
            .generate(request(engine, "silent", 2, 5).build())
            .runWith(Sink.seq(), fixture.kit.system());
    device.allowAll();
    assertThat(text(EngineFixture.await(silent)))
        .as("its class's target refuses nobody")
        .hasSize(5);
  }

  @Test
  void refusesASecondRequestOfTheSameId() {
    TestDevice device = TestDevice.gated(EngineFixture.SIM);
    Engine engine = fixture.engine(device);
    CompletionStage<List<TokenEvent>> first =
        engine
            .generate(request(engine, "same", 1, 5).build())
            .runWith(Sink.seq(), fixture.kit.system());
    fixture.awaitStatus(engine, status -> status.running() == 1);
    assertThatThrownBy(() -> fixture.run(engine, request(engine, "same", 2, 5).build()))
        .isInstanceOf(RequestRefusedException.class)
        .hasMessageContaining("same");
    device.allowAll();
    EngineFixture.await(first);
  }

  @Test
  void changesThePolicyWhileRequestsRunWithoutChangingTheirText() {
    TestDevice device = TestDevice.gated(EngineFixture.SIM);
    Engine engine = fixture.engine(device);
    InferenceRequest request = request(engine, "r", 5, 80).build();
    CompletionStage<List<TokenEvent>> answer =
        engine.generate(request).runWith(Sink.seq(), fixture.kit.system());
    device.allow(10);
    PolicySnapshot inForce = EngineFixture.await(engine.applyPolicy(EngineFixture.fixed(3)));
    assertThat(inForce.version()).isEqualTo(1);
    device.allowAll();
    List<TokenEvent> events = EngineFixture.await(answer);
    assertThat(text(events)).isEqualTo(oracle(request));
    assertThat(summary(events).draftTokens()).isPositive();
    assertThat(EngineFixture.await(engine.status()).policy()).isEqualTo(inForce);
  }

  @Test
  void refusesAPolicyThatCannotBeFollowed() {
    Engine engine = fixture.engine(TestDevice.running(EngineFixture.SIM));
    PolicySnapshot unknown = new PolicySnapshot(0, "magic", DrafterKind.MODEL, 4, Verifier.COUPLED);
    PolicySnapshot biased =
        new PolicySnapshot(0, "threshold:0.5", DrafterKind.MODEL, 4, Verifier.REJECTION);
    assertThatThrownBy(() -> EngineFixture.await(engine.applyPolicy(unknown)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("magic");
    assertThatThrownBy(() -> EngineFixture.await(engine.applyPolicy(biased)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("biases");
    assertThat(EngineFixture.await(engine.status()).policy().version()).isZero();
  }

  @Test
  void reportsAttainmentAndGoodputPerClass() {
    SloTarget easy = new SloTarget(60_000_000_000L, 10_000_000_000L);
    SloTarget hopeless = new SloTarget(1, 1);
    ServiceLevels levels =
        new ServiceLevels(Map.of(ServiceClass.INTERACTIVE, hopeless, ServiceClass.STANDARD, easy));
    Engine engine =
        fixture.engine(
            fixture.settings().withLevels(levels), TestDevice.running(EngineFixture.SIM));
    fixture.run(engine, request(engine, "standard", 1, 5).build());
    fixture.run(
        engine, request(engine, "own", 2, 7).slo(new SloTarget(60_000_000_000L, 1)).build());
    fixture.run(
        engine,
        request(engine, "interactive", 3, 5).serviceClass(ServiceClass.INTERACTIVE).build());
    fixture.run(engine, request(engine, "batch", 4, 5).serviceClass(ServiceClass.BATCH).build());
    Map<ServiceClass, SloAttainment.Share> expected =
        Map.of(
            ServiceClass.STANDARD, new SloAttainment.Share(2, 1, 12, 5),
            ServiceClass.INTERACTIVE, new SloAttainment.Share(1, 0, 5, 0));
    fixture.awaitStatus(engine, status -> status.attainment().byClass().equals(expected));
    SloAttainment attainment = EngineFixture.await(engine.status()).attainment();
    assertThat(attainment.recent()).isEqualTo(expected);
    assertThat(attainment.recentGoodput(ServiceClass.STANDARD)).isPositive();
    assertThat(attainment.recentGoodput(ServiceClass.INTERACTIVE)).isZero();
  }

  @Test
  void refusesATokenOutsideTheVocabulary() {
    Engine engine = fixture.engine(TestDevice.running(EngineFixture.SIM));
    InferenceRequest request = InferenceRequest.builder("r", TokenIds.of(1, 64), 5, 0).build();
    assertThatThrownBy(() -> fixture.run(engine, request))
        .isInstanceOfSatisfying(
            RequestRefusedException.class, refused -> assertThat(refused.neverFits()).isTrue())
        .hasMessageContaining("token 64")
        .hasMessageContaining("ends at 63");
  }

  @Test
  void refusesALogitBiasOutsideTheVocabulary() {
    Engine engine = fixture.engine(TestDevice.running(EngineFixture.SIM));
    InferenceRequest request =
        InferenceRequest.builder("r", TokenIds.of(1), 5, 0)
            .sampling(SamplingParams.greedy().with(new Penalties(1, 0, 0, Map.of(64, 1f))))
            .build();
    assertThatThrownBy(() -> fixture.run(engine, request))
        .isInstanceOf(RequestRefusedException.class)
        .hasMessageContaining("logit_bias names token 64")
        .hasMessageContaining("ends at 63");
  }

  @Test
  void servesOneEnginePerModelName() {
    Engine engine = fixture.engine(TestDevice.running(EngineFixture.SIM));
    assertThat(Engine.get(fixture.kit.system(), engine.model().name())).isSameAs(engine);
    assertThatThrownBy(
            () ->
                Engine.builder(engine.model())
                    .device(TestDevice.running(EngineFixture.SIM).opener())
                    .start(fixture.kit.system()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(engine.model().name());
    EngineFixture.await(engine.stop());
    assertThatThrownBy(() -> Engine.get(fixture.kit.system(), engine.model().name()))
        .isInstanceOf(IllegalStateException.class);
  }
}
