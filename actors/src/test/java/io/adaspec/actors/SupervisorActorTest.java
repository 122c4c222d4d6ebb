package io.adaspec.actors;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.time.NanoClock;
import java.time.Duration;
import java.util.List;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.pattern.StatusReply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SupervisorActorTest {
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
            if (policy.draftCap() == 1) {
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
                    fixture.settings(),
                    NanoClock.system(),
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
