package io.adaspec.actors;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.device.sim.SimulatedDevice;
import io.adaspec.runtime.device.sim.SimulatedDeviceProvider;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.speculation.ClassPolicies;
import io.adaspec.runtime.speculation.ClassPolicy;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.control.ControlReport;
import io.adaspec.runtime.step.StepPlan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The scheduler's driver alone: the test is its device, its supervisor and its requests. */
class BatchingActorTest {
  private final AtomicLong skippedNanos = new AtomicLong();
  private EngineFixture fixture;
  private SimulatedDevice device;
  private TestProbe<GpuActor.Command> steps;
  private TestProbe<RequestActor.Command> owner;
  private ActorRef<BatchingActor.Command> batching;

  @BeforeEach
  void start() {
    fixture = new EngineFixture();
    device = SimulatedDeviceProvider.openSimulated(EngineFixture.SIM);
    steps = fixture.kit.createTestProbe(GpuActor.Command.class);
    owner = fixture.kit.createTestProbe(RequestActor.Command.class);
    EngineDefinition engine =
        new EngineDefinition(
            EngineFixture.model("driven"),
            List.of(TestDevice.running(EngineFixture.SIM).opener()),
            fixture.settings(),
            () -> System.nanoTime() + skippedNanos.get(),
            Observers.of(List.of()));
    batching =
        fixture.kit.spawn(
            BatchingActor.create(
                engine, fixture.kit.createTestProbe(SupervisorActor.Command.class).ref()));
    batching.tell(new BatchingActor.DeviceReady(0, device.info(), device.cost(), steps.ref()));
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  private void submit(String id, int output) {
    InferenceRequest request =
        InferenceRequest.builder(id, EngineFixture.prompt(20, 1), output, 0).build();
    batching.tell(new BatchingActor.Submit(request, owner.ref()));
  }

  private StepPlan nextStep() {
    return steps.expectMessageClass(GpuActor.Execute.class).plan();
  }

  private void complete(StepPlan plan) {
    batching.tell(new BatchingActor.StepCompleted(0, device.execute(plan)));
  }

  private static PolicySnapshot version(long version, int drafts) {
    PolicySnapshot policy = EngineFixture.fixed(drafts);
    return new PolicySnapshot(
        version, policy.strategy(), policy.drafter(), policy.draftCap(), policy.verifier());
  }

  private static int draftCap(StepPlan plan) {
    return plan.work().getFirst().draftCap();
  }

  @Test
  void aLostLateOrRepeatedSnapshotDoesNoHarm() {
    submit("r", 200);
    complete(nextStep());
    StepPlan plain = nextStep();
    assertThat(draftCap(plain)).isZero();
    batching.tell(new BatchingActor.Guide(version(2, 3)));
    complete(plain);
    StepPlan guided = nextStep();
    assertThat(draftCap(guided)).as("version 1 got lost").isEqualTo(3);
    batching.tell(new BatchingActor.Guide(version(1, 7)));
    complete(guided);
    StepPlan afterLate = nextStep();
    assertThat(draftCap(afterLate)).as("version 1 came late").isEqualTo(3);
    batching.tell(new BatchingActor.Guide(version(2, 3)));
    complete(afterLate);
    assertThat(draftCap(nextStep())).isEqualTo(3);
    TestProbe<EngineStatus> status = fixture.kit.createTestProbe(EngineStatus.class);
    batching.tell(
        new BatchingActor.GetStatus(SloAttainment.none(), ControlReport.none(), status.ref()));
    assertThat(status.receiveMessage().policy()).isEqualTo(version(2, 3));
  }

  /** Snapshots of classes and drafts at random, shuffled, some lost, some twice, between steps. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void snapshotsInAnyOrderChangeNoTextAndTheNewestStays(long seed) {
    Random random = new Random(seed);
    List<DrafterKind> drafters = List.of(DrafterKind.values());
    List<PolicySnapshot> published = new ArrayList<>();
    for (int version = 1; version <= 60; version++) {
      ClassPolicy standard =
          ClassPolicy.open().with(drafters.get(random.nextInt(drafters.size())), random.nextInt(9));
      published.add(
          version(version, 1 + random.nextInt(7))
              .withClasses(ClassPolicies.open().with(ServiceClass.STANDARD, standard)));
    }
    List<PolicySnapshot> delivered = new ArrayList<>(published.subList(0, 40));
    delivered.addAll(published.subList(20, 50));
    Collections.shuffle(delivered, random);
    submit("r", 120);
    StringBuilder text = new StringBuilder();
    for (PolicySnapshot policy : delivered) {
      batching.tell(new BatchingActor.Guide(policy));
      if (text.length() < 120) {
        complete(nextStep());
        text.append(emitted());
      }
    }
    while (text.length() < 120) {
      complete(nextStep());
      text.append(emitted());
    }
    assertThat(text)
        .hasToString(
            EngineFixture.oracle(
                InferenceRequest.builder("r", EngineFixture.prompt(20, 1), 120, 0).build()));
    TestProbe<EngineStatus> status = fixture.kit.createTestProbe(EngineStatus.class);
    batching.tell(
        new BatchingActor.GetStatus(SloAttainment.none(), ControlReport.none(), status.ref()));
    assertThat(status.receiveMessage().policy()).isEqualTo(published.get(49));
  }

  private String emitted() {
    RequestActor.Emitted emitted = owner.expectMessageClass(RequestActor.Emitted.class);
    return EngineFixture.TOKENIZER.decode(emitted.emission().tokens());
  }

  /** As after a restart of this actor, when the device was lost before. */
  @Test
  void refusesWhenAllDevicesAreGone() {
    batching.tell(new BatchingActor.DeviceGone(0));
    submit("r", 3);
    assertThat(owner.expectMessageClass(RequestActor.NotTaken.class).refusal().reason())
        .isEqualTo(Refusal.Reason.NO_DEVICE);
  }

  @Test
  void aStepIsOneMessageThereOneBackAndOneToEachRequest() {
    submit("r", 3);
    complete(nextStep());
    complete(nextStep());
    complete(nextStep());
    for (int output = 0; output < 3; output++) {
      RequestActor.Emitted emitted = owner.expectMessageClass(RequestActor.Emitted.class);
      assertThat(emitted.emission().firstOutput()).isEqualTo(output);
      assertThat(emitted.emission().finish().isPresent()).isEqualTo(output == 2);
    }
    owner.expectNoMessage();
    steps.expectNoMessage();
  }

  @Test
  void aResultThatDoesNotAnswerItsPlanReopensTheDevice() {
    submit("r", 3);
    StepPlan plan = nextStep();
    batching.tell(
        new BatchingActor.StepCompleted(
            0,
            new io.adaspec.runtime.step.StepResult(
                plan.id(), List.of(), device.execute(plan).timing())));
    steps.expectMessageClass(GpuActor.Reopen.class);
    owner.expectNoMessage();
  }

  @Test
  void aRequestThatRunsIntoTheTimeOutEveryTimeIsGivenUp() {
    submit("r", 3);
    for (int tries = 1; tries <= FailedSteps.MOST; tries++) {
      StepPlan plan = nextStep();
      skippedNanos.addAndGet(Duration.ofSeconds(61).toNanos());
      batching.tell(new BatchingActor.LookForOverdue());
      complete(plan);
    }
    assertThat(owner.expectMessageClass(RequestActor.Broken.class).reason())
        .isEqualTo(FailureReason.GIVEN_UP);
  }
}
