package io.adaspec.actors;

import static io.adaspec.runtime.request.ServiceClass.BATCH;
import static io.adaspec.runtime.request.ServiceClass.INTERACTIVE;
import static io.adaspec.runtime.request.ServiceClass.STANDARD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.StepObservation;
import io.adaspec.runtime.speculation.Verifier;
import io.adaspec.runtime.speculation.control.ControlReason;
import io.adaspec.runtime.speculation.control.ControlReport;
import io.adaspec.runtime.time.NanoClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.LoggingTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.pattern.StatusReply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class SupervisorActorTest {
  private static final PolicySnapshot SLO =
      new PolicySnapshot(0, "slo", DrafterKind.MODEL, 8, Verifier.COUPLED);

  private final AtomicLong clockNanos = new AtomicLong();
  private EngineFixture fixture;
  private TestDevice device;
  private TestProbe<BatchingActor.Command> batching;
  private ActorRef<SupervisorActor.Command> supervisor;

  @BeforeEach
  void start() {
    fixture = new EngineFixture();
    device = TestDevice.running(EngineFixture.SIM);
    batching = fixture.kit.createTestProbe(BatchingActor.Command.class);
    EngineObserver failing =
        new EngineObserver() {
          @Override
          public void policyChanged(PolicySnapshot policy) {
            if (policy.draftCap() == 1 || policy.drafter(BATCH) == DrafterKind.NGRAM) {
              throw new IllegalStateException("injected");
            }
          }
        };
    supervisor =
        fixture.kit.spawn(
            SupervisorActor.create(
                new EngineDefinition(
                    EngineFixture.model("supervised"),
                    List.of(device.opener()),
                    fixture
                        .settings()
                        .withPolicy(SLO)
                        .withSupervision(
                            new EngineSettings.SupervisionSettings(Duration.ofMillis(5))),
                    clockNanos::get,
                    failing)));
    supervisor.tell(new SupervisorActor.Begin(batching.ref()));
    batching.expectMessageClass(BatchingActor.DeviceReady.class);
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  private PolicySnapshot guided() {
    return batching.expectMessageClass(BatchingActor.Guide.class).policy();
  }

  /**
   * Steps of a class whose drafts lose a tenth of the time, look after look, until the supervisor
   * publishes another policy.
   */
  private PolicySnapshot guidedByLosses(ServiceClass of, long policyVersion) {
    List<StepObservation.OfClass> classes = new ArrayList<>();
    for (ServiceClass each : ServiceClass.values()) {
      StepObservation.OfClass lost =
          new StepObservation.OfClass(
              2,
              0,
              0,
              new StepObservation.Drafts(8, 4, 1, -1_000_000),
              StepObservation.Drafts.NONE);
      classes.add(each == of ? lost : StepObservation.OfClass.NONE);
    }
    StepObservation step =
        new StepObservation(
            policyVersion, 10_000_000, 0.02, new StepObservation.Load(2, 0, 0.1, 0.1), classes);
    return fixture
        .kit
        .createTestProbe()
        .awaitAssert(
            Duration.ofSeconds(10),
            Duration.ofMillis(1),
            () -> {
              clockNanos.addAndGet(130_000_000L);
              supervisor.tell(new SupervisorActor.StepDone(step));
              return ((BatchingActor.Guide) batching.receiveMessage(Duration.ofMillis(30)))
                  .policy();
            });
  }

  @Test
  void theSlowLoopReassignsAClassAndPublishesIt() {
    PolicySnapshot reassigned = guidedByLosses(STANDARD, 0);
    assertThat(reassigned.version()).isEqualTo(1);
    assertThat(reassigned.drafter(STANDARD)).isEqualTo(DrafterKind.NGRAM);
    assertThat(reassigned.drafter(INTERACTIVE)).isEqualTo(DrafterKind.MODEL);
    supervisor.tell(
        new SupervisorActor.GetStatus(fixture.kit.createTestProbe(EngineStatus.class).ref()));
    ControlReport report = batching.expectMessageClass(BatchingActor.GetStatus.class).control();
    assertThat(report.automatic()).isTrue();
    assertThat(report.of(STANDARD).reason()).isEqualTo(ControlReason.DRAFTS_LOSE);
    assertThat(report.of(STANDARD).then().gain()).isCloseTo(0.9, offset(1e-9));
  }

  @Test
  void aSnapshotThatGotLostIsPublishedAgain() {
    PolicySnapshot lost = guidedByLosses(STANDARD, 0);
    supervisor.tell(new SupervisorActor.StepDone(idle(0)));
    assertThat(guided()).as("a step followed version 0").isEqualTo(lost);
    supervisor.tell(new SupervisorActor.StepDone(idle(1)));
    supervisor.tell(new SupervisorActor.BatchingRestarted());
    assertThat(guided()).as("asked for by the restart alone").isEqualTo(lost);
    batching.expectMessageClass(BatchingActor.DeviceReady.class);
    batching.expectNoMessage(Duration.ofMillis(100));
  }

  private static StepObservation idle(long policyVersion) {
    StepObservation.OfClass none = StepObservation.OfClass.NONE;
    return new StepObservation(
        policyVersion, 1, 0, new StepObservation.Load(0, 0, 0, 0), List.of(none, none, none));
  }

  /** The observer fails at this policy; the supervisor resumes with what it knew. */
  @Test
  void whatTheSlowLoopDecidedSurvivesAnExceptionOfTheSupervisorAndARestartOfTheScheduler() {
    PolicySnapshot reassigned = guidedByLosses(BATCH, 0);
    assertThat(reassigned.drafter(BATCH)).isEqualTo(DrafterKind.NGRAM);
    supervisor.tell(new SupervisorActor.BatchingRestarted());
    assertThat(guided()).isEqualTo(reassigned);
    batching.expectMessageClass(BatchingActor.DeviceReady.class);
    PolicySnapshot next = guidedByLosses(STANDARD, 1);
    assertThat(next.version()).isEqualTo(2);
    assertThat(next.drafter(BATCH)).isEqualTo(DrafterKind.NGRAM);
    assertThat(next.drafter(STANDARD)).isEqualTo(DrafterKind.NGRAM);
  }

  @Test
  void anExceptionCostsItsMessageAndNeitherStateNorDevices() {
    TestProbe<StatusReply<PolicySnapshot>> answer = fixture.kit.createTestProbe();
    supervisor.tell(new SupervisorActor.ApplyPolicy(EngineFixture.fixed(1), answer.ref()));
    assertThat(guided().version()).isEqualTo(1);
    supervisor.tell(new SupervisorActor.ApplyPolicy(EngineFixture.fixed(2), answer.ref()));
    assertThat(guided().version()).isEqualTo(2);
    assertThat(answer.receiveMessage().getValue().strategy()).isEqualTo("fixed:2");
    assertThat(device.opened.get()).isEqualTo(1);
    assertThat(device.closed.get()).isZero();
  }

  @Test
  void aRestartedSchedulerHearsThePolicyTheDrainAndTheDevicesAgain() {
    TestProbe<StatusReply<PolicySnapshot>> answer = fixture.kit.createTestProbe();
    TestProbe<Done> drained = fixture.kit.createTestProbe(Done.class);
    supervisor.tell(new SupervisorActor.ApplyPolicy(EngineFixture.fixed(2), answer.ref()));
    supervisor.tell(new SupervisorActor.Drain(Duration.ofSeconds(7), drained.ref()));
    guided();
    batching.expectMessageClass(BatchingActor.Drain.class);
    supervisor.tell(new SupervisorActor.BatchingRestarted());
    assertThat(guided().strategy()).isEqualTo("fixed:2");
    assertThat(batching.expectMessageClass(BatchingActor.Drain.class).timeout())
        .isEqualTo(Duration.ofSeconds(7));
    batching.expectMessageClass(BatchingActor.DeviceReady.class);
    assertThat(device.opened.get()).isEqualTo(1);
  }

  @Test
  void aDeviceThatSaysWhatIsWrongIsLostWithoutATrace() {
    device.openFaults.add(DeviceException.permanentFailure("burnt out"));
    Logger logger = (Logger) LoggerFactory.getLogger(GpuActor.class);
    logger.setLevel(Level.ERROR);
    try {
      LoggingTestKit.error("is lost: burnt out")
          .withCustom(event -> event.getThrowable().isEmpty())
          .expect(fixture.kit.system(), () -> fixture.engine(device));
    } finally {
      logger.setLevel(Level.OFF);
    }
  }

  @Test
  void aRestartedSchedulerHearsWhichDevicesAreLost() {
    device.openFaults.add(DeviceException.permanentFailure("burnt out"));
    EngineDefinition definition =
        new EngineDefinition(
            EngineFixture.model("lost"),
            List.of(device.opener()),
            fixture.settings(),
            NanoClock.system(),
            Observers.of(List.of()));
    TestProbe<BatchingActor.Command> driver =
        fixture.kit.createTestProbe(BatchingActor.Command.class);
    ActorRef<SupervisorActor.Command> other = fixture.kit.spawn(SupervisorActor.create(definition));
    other.tell(new SupervisorActor.Begin(driver.ref()));
    driver.expectMessageClass(BatchingActor.OpenFailed.class);
    assertThat(driver.expectMessageClass(BatchingActor.DeviceGone.class).index()).isZero();
    other.tell(new SupervisorActor.BatchingRestarted());
    driver.expectMessageClass(BatchingActor.Guide.class);
    assertThat(driver.expectMessageClass(BatchingActor.DeviceGone.class).index()).isZero();
  }

  @Test
  void stoppingClosesTheDevicesBeforeItAnswers() {
    TestProbe<Done> stopped = fixture.kit.createTestProbe(Done.class);
    supervisor.tell(new SupervisorActor.Stop(stopped.ref()));
    batching.expectMessageClass(BatchingActor.Stop.class);
    stopped.receiveMessage();
    assertThat(device.closed.get()).isEqualTo(1);
  }
}
