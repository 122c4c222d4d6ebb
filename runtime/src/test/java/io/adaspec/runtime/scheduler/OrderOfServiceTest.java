package io.adaspec.runtime.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.device.sim.SimulatedDevice;
import io.adaspec.runtime.device.sim.SimulatedDeviceProvider;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.step.SequenceWork;
import io.adaspec.runtime.step.StepPlan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Who is placed first, who makes way, who goes on when places are short. */
class OrderOfServiceTest {
  private static final SchedulerLimits ONE_AT_A_TIME = new SchedulerLimits(1, 64, 4);

  private static SchedulerTest.Bench bench(String device, SchedulerLimits limits) {
    return new SchedulerTest.Bench(device, PolicySnapshot.plain(), limits);
  }

  private static void submit(SchedulerTest.Bench bench, String id, SloTarget slo) {
    TokenIds prompt = TokenIds.of(1, 2, 3, 4);
    InferenceRequest request =
        InferenceRequest.builder(id, prompt, 8, bench.now++).slo(slo).build();
    assertThat(bench.waiting.submit(request)).isTrue();
  }

  private static SequenceWork onlyWork(SchedulerTest.Bench bench) {
    StepPlan plan = bench.scheduler.schedule(bench.now).orElseThrow();
    bench.scheduler.commit(bench.device.execute(plan), bench.now);
    assertThat(plan.work()).hasSize(1);
    return plan.work().getFirst();
  }

  @Test
  void withinAClassTheFirstTokenThatIsDueFirstIsServedFirst() {
    SchedulerTest.Bench bench = bench("sim:tiny,audit", ONE_AT_A_TIME);
    submit(bench, "none", SloTarget.none());
    submit(bench, "late", new SloTarget(2_000_000_000, 1_000_000_000));
    submit(bench, "soon", new SloTarget(1_000_000_000, 1_000_000_000));
    List<String> order = new ArrayList<>();
    while (bench.step()) {
      for (String id : List.of("none", "late", "soon")) {
        if (bench.outputs.containsKey(id) && !order.contains(id)) {
          order.add(id);
        }
      }
    }
    assertThat(order).containsExactly("soon", "late", "none");
  }

  @Test
  void aPausedSequenceMakesWayBeforeAYoungerOneThatRuns() {
    SchedulerTest.Bench bench =
        bench("sim:tiny,audit,blocks=8,draftBlocks=0", SchedulerLimits.defaults());
    bench.submit("older", 40, 40);
    bench.submit("younger", 40, 60);
    assertThat(bench.step()).isTrue();
    bench.scheduler.pause(new RequestId("older"), bench.now);
    while (!bench.finishes.containsKey("younger")) {
      assertThat(bench.step()).as("the younger goes on").isTrue();
    }
    assertThat(bench.scheduler.load().preemptedSequences()).isEqualTo(1);
    bench.scheduler.resume(new RequestId("older"), bench.now);
    bench.run();
    assertThat(bench.outputs.get("older")).hasSize(40);
  }

  @Test
  void aResumedSequenceGoesOnWhereItStopped() {
    SchedulerTest.Bench bench = bench("sim:tiny,audit", SchedulerLimits.defaults());
    bench.submit("a", 40, 20);
    SequenceWork before = onlyWork(bench);
    bench.scheduler.pause(new RequestId("a"), bench.now);
    assertThat(bench.scheduler.schedule(bench.now)).isEmpty();
    bench.scheduler.resume(new RequestId("a"), bench.now);
    SequenceWork after = onlyWork(bench);
    assertThat(after.computed()).isEqualTo(before.computed() + before.rows());
    assertThat(after.rows()).isEqualTo(1);
  }

  @Test
  void whereOnePlaceIsThereForTwoTheyTakeTurns() {
    SchedulerTest.Bench bench = bench("sim:tiny,audit", ONE_AT_A_TIME);
    bench.submit("a", 4, 20);
    onlyWork(bench);
    bench.scheduler.pause(new RequestId("a"), bench.now);
    bench.submit("b", 4, 20);
    onlyWork(bench);
    bench.scheduler.resume(new RequestId("a"), bench.now);
    List<Long> served = new ArrayList<>();
    for (int step = 0; step < 4; step++) {
      served.add(onlyWork(bench).sequence());
    }
    assertThat(served).containsExactly(0L, 1L, 0L, 1L);
  }

  private static void submit(
      SchedulerTest.Bench bench, String id, int promptTokens, ServiceClass serviceClass) {
    int[] prompt = new int[promptTokens];
    int first = 17 * (int) bench.now; // another one each time, so that nothing is shared
    Arrays.setAll(prompt, i -> (i * 11 + first) & 63);
    InferenceRequest request =
        InferenceRequest.builder(id, TokenIds.of(prompt), 8, bench.now++)
            .serviceClass(serviceClass)
            .build();
    assertThat(bench.waiting.submit(request)).isTrue();
  }

  @Test
  void lowerClassesGiveTheirKvToAMoreUrgentNewcomerLatestFirst() {
    SchedulerTest.Bench bench =
        bench("sim:tiny,audit,blocks=10,draftBlocks=0", SchedulerLimits.defaults());
    submit(bench, "job1", 50, ServiceClass.BATCH);
    submit(bench, "job2", 50, ServiceClass.BATCH);
    assertThat(bench.step()).isTrue();
    submit(bench, "person", 60, ServiceClass.INTERACTIVE);
    assertThat(bench.step()).isTrue();

    assertThat(bench.members).contains(new RequestId("person"), new RequestId("job1"));
    assertThat(bench.scheduler.load().preemptedSequences()).isEqualTo(1);
    bench.run();
    assertThat(bench.finishes).containsOnlyKeys("person", "job1", "job2");
  }

  @Test
  void nobodyGivesUpAnythingForANewcomerThatWouldNotFitAnyway() {
    SchedulerTest.Bench bench =
        bench("sim:tiny,audit,blocks=10,draftBlocks=0", SchedulerLimits.defaults());
    submit(bench, "peer", 80, ServiceClass.INTERACTIVE);
    submit(bench, "job", 30, ServiceClass.BATCH);
    assertThat(bench.step()).isTrue();
    submit(bench, "person", 90, ServiceClass.INTERACTIVE);
    assertThat(bench.step()).isTrue();

    assertThat(bench.members).containsExactly(new RequestId("peer"), new RequestId("job"));
    bench.run();
    assertThat(bench.finishes).containsOnlyKeys("peer", "job", "person");
  }

  @Test
  void aLowerClassGivesItsPlaceToAMoreUrgentNewcomer() {
    SchedulerTest.Bench bench = bench("sim:tiny,audit", ONE_AT_A_TIME);
    submit(bench, "job", 20, ServiceClass.BATCH);
    assertThat(bench.step()).isTrue();
    submit(bench, "person", 20, ServiceClass.INTERACTIVE);
    assertThat(bench.step()).isTrue();

    assertThat(bench.members).containsExactly(new RequestId("person"));
    bench.run();
    assertThat(bench.finishes).containsOnlyKeys("person", "job");
  }

  /** Paused sequences do not count against the places, so only memory bounds how many there are. */
  @Test
  void howeverManyArePausedTheyKeepNobodyWaiting() {
    SchedulerTest.Bench bench =
        bench("sim:tiny,audit,blocks=20,draftBlocks=0", SchedulerLimits.defaults());
    for (int i = 0; i < 40; i++) {
      submit(bench, "r" + i, 60, ServiceClass.BATCH);
      assertThat(bench.step()).isTrue();
      assertThat(bench.members).containsExactly(new RequestId("r" + i));
      bench.scheduler.pause(new RequestId("r" + i), bench.now);
    }
    submit(bench, "last", 300, ServiceClass.BATCH);
    assertThat(bench.step()).isTrue();
    assertThat(bench.members).containsExactly(new RequestId("last"));
    assertThat(bench.scheduler.load().preemptedSequences()).isEqualTo(40);
    for (int i = 0; i < 40; i++) {
      bench.scheduler.resume(new RequestId("r" + i), bench.now);
    }
    bench.run();
    assertThat(bench.finishes).hasSize(41);
  }

  @Test
  void aSequenceThatAReopenedDeviceCannotHoldHoldsUpNobody() {
    SchedulerTest.Bench bench = bench("sim:tiny,blocks=40", SchedulerLimits.defaults());
    submit(bench, "long", 300, ServiceClass.INTERACTIVE);
    submit(bench, "short", 40, ServiceClass.STANDARD);
    assertThat(bench.step()).isTrue();
    bench.scheduler.deviceLost();
    SimulatedDevice smaller = SimulatedDeviceProvider.openSimulated("sim:tiny,blocks=10");
    bench.scheduler.deviceReady(smaller.info());
    submit(bench, "new", 40, ServiceClass.BATCH);

    Set<RequestId> ended = new HashSet<>();
    Optional<StepPlan> plan = bench.scheduler.schedule(bench.now);
    while (plan.isPresent()) {
      bench.scheduler.commit(smaller.execute(plan.get()), bench.now).emissions().stream()
          .filter(emission -> emission.finish().isPresent())
          .forEach(emission -> ended.add(emission.request()));
      bench.scheduler.checkInvariants();
      plan = bench.scheduler.schedule(bench.now);
    }

    assertThat(ended).containsExactlyInAnyOrder(new RequestId("short"), new RequestId("new"));
    assertThat(bench.scheduler.release()).hasSize(1);
  }
}
