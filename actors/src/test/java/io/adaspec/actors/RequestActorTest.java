package io.adaspec.actors;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.actors.EngineProtocol.Control;
import io.adaspec.actors.EngineProtocol.Delivery;
import io.adaspec.actors.EngineProtocol.Demand;
import io.adaspec.actors.EngineProtocol.Failed;
import io.adaspec.actors.EngineProtocol.Generate;
import io.adaspec.actors.EngineProtocol.Started;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.scheduler.SequenceStatistics;
import io.adaspec.runtime.scheduler.TokenEmission;
import io.adaspec.runtime.time.NanoClock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A request's owner alone, in manual time: the test is its scheduler and its consumer. */
class RequestActorTest {
  private static final Duration STALL = Duration.ofSeconds(30);
  private static final Duration SECOND = Duration.ofSeconds(1);

  private EngineFixture fixture;
  private ManualTime time;
  private TestProbe<BatchingActor.Command> batching;
  private TestProbe<Delivery> consumer;
  private ActorRef<RequestActor.Command> owner;
  private ActorRef<Control> control;

  @BeforeEach
  void start() {
    fixture =
        new EngineFixture(
            "pekko.scheduler.implementation ="
                + " \"org.apache.pekko.testkit.ExplicitlyTriggeredScheduler\"");
    time = ManualTime.get(fixture.kit.system());
    batching = fixture.kit.createTestProbe(BatchingActor.Command.class);
    consumer = fixture.kit.createTestProbe(Delivery.class);
    EngineActors engine =
        new EngineActors(
            new EngineDefinition(
                EngineFixture.model("owned"),
                List.of(TestDevice.running(EngineFixture.SIM).opener()),
                fixture.settings(),
                NanoClock.system(),
                Observers.of(List.of())),
            batching.ref(),
            fixture.kit.createTestProbe(SupervisorActor.Command.class).ref());
    InferenceRequest request =
        InferenceRequest.builder("r", EngineFixture.prompt(20, 1), 500, 0).build();
    owner =
        fixture.kit.spawn(RequestActor.forActor(engine, new Generate(request, consumer.ref(), 8)));
    control = consumer.expectMessageClass(Started.class).control();
    batching.expectMessageClass(BatchingActor.Submit.class);
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  private void emit(int first, int tokens) {
    int[] ids = new int[tokens];
    Arrays.fill(ids, 5);
    owner.tell(
        new RequestActor.Emitted(
            new TokenEmission(
                InferenceRequest.builder("r", EngineFixture.prompt(20, 1), 500, 0).build().id(),
                first,
                ids,
                Optional.empty(),
                new SequenceStatistics(0, 0, 1, 0, 0, 0)),
            1));
  }

  /** Uses up the credit, then lets so many tokens wait that the sequence is paused. */
  private void pause() {
    for (int event = 0; event < 8; event++) {
      emit(event, 1);
      consumer.expectMessageClass(EngineProtocol.Delivered.class);
    }
    emit(8, 100);
    batching.expectMessageClass(BatchingActor.Pause.class);
  }

  /** A gateway repeats its demand every second, also for a client that reads nothing. */
  @Test
  void repeatedDemandIsNoSignOfLife() {
    pause();
    for (Duration passed = Duration.ZERO;
        passed.compareTo(STALL) < 0;
        passed = passed.plus(SECOND)) {
      control.tell(new Demand(8));
      time.timePasses(SECOND);
    }
    Failed failed = consumer.expectMessageClass(Failed.class);
    assertThat(failed.reason()).isEqualTo(FailureReason.SLOW_CONSUMER);
    batching.expectMessageClass(BatchingActor.Cancel.class);
  }

  @Test
  void newDemandIsASignOfLife() {
    pause();
    time.timePasses(STALL.minus(SECOND));
    control.tell(new Demand(9));
    consumer.expectMessageClass(EngineProtocol.Delivered.class);
    batching.expectMessageClass(BatchingActor.Resume.class);
    emit(108, 100);
    batching.expectMessageClass(BatchingActor.Pause.class);
    time.timePasses(STALL.minus(SECOND));
    consumer.expectNoMessage(Duration.ofMillis(20));
    time.timePasses(SECOND);
    consumer.expectMessageClass(Failed.class);
  }
}
