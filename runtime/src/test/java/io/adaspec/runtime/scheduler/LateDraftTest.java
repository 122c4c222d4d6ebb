package io.adaspec.runtime.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.scheduler.SchedulerTest.Bench;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Verifier;
import io.adaspec.runtime.step.SequenceWork;
import io.adaspec.runtime.step.StepPlan;
import org.junit.jupiter.api.Test;

/** A draft model that reads the end of a text alone. */
class LateDraftTest {
  private static final PolicySnapshot LATE =
      new PolicySnapshot(1, "late:3", DrafterKind.MODEL, 4, Verifier.COUPLED);

  private static Bench bench(String device, PolicySnapshot policy) {
    Bench bench = new Bench(device, policy, new SchedulerLimits(8, 512, 16));
    bench.submit("a", 150, 100);
    return bench;
  }

  private static Bench plain() {
    return bench("sim:tiny,audit", PolicySnapshot.plain()).run();
  }

  @Test
  void readsWhatTheStrategyWishesAndKeepsThat() {
    Bench bench = bench("sim:tiny,audit", LATE);
    bench.step();
    StepPlan plan = bench.scheduler.schedule(bench.now).orElseThrow();
    SequenceWork work = plan.work().getFirst();
    int start = 151 - TestStrategies.LATE;
    assertThat(work.draftStart()).isEqualTo(start);
    assertThat(work.draftComputed()).isEqualTo(start);
    assertThat(work.draftBlockTable()).hasSize(1);
    assertThat(plan.batch().get(0).draftStart()).as("the strategy is told").isEqualTo(start);
    assertThat(plan.batch().get(0).draftLag()).isEqualTo(TestStrategies.LATE);

    bench.scheduler.commit(bench.device.execute(plan), bench.now);
    work = bench.scheduler.schedule(bench.now).orElseThrow().work().getFirst();
    assertThat(work.draftStart()).isEqualTo(start);
    assertThat(work.draftComputed()).isGreaterThan(start);
  }

  @Test
  void textIsThatOfPlainDecoding() {
    Bench late = bench("sim:tiny,audit", LATE).run();
    assertThat(late.outputs).isEqualTo(plain().outputs);
    assertThat(late.steps).isLessThan(plain().steps);
  }

  @Test
  void aTextThatOutgrowsTheDraftContextIsDraftedFromItsEnd() {
    Bench bench = bench("sim:tiny,audit,draftContext=64", SchedulerTest.FIXED);
    bench.step();
    SequenceWork work = bench.scheduler.schedule(bench.now).orElseThrow().work().getFirst();
    assertThat(work.draftCap()).isEqualTo(3);
    assertThat(work.draftStart()).isEqualTo(151 - 32);

    Bench whole = bench("sim:tiny,audit,draftContext=64", SchedulerTest.FIXED).run();
    assertThat(whole.outputs).isEqualTo(plain().outputs);
    assertThat(whole.steps).isLessThan(plain().steps * 2 / 3);
  }

  /** Two texts that end alike share what the draft model computed of their ends. */
  @Test
  void keyValueOfAnEndIsFoundAgain() {
    Bench bench = bench("sim:tiny,audit,draftContext=64", SchedulerTest.FIXED);
    bench.run();
    bench.submit("\u00a1", 150, 100); // the same text: the hashes of the names differ by 64
    bench.step();
    SequenceWork work = bench.scheduler.schedule(bench.now).orElseThrow().work().getFirst();
    assertThat(work.draftStart()).isEqualTo(151 - 32);
    assertThat(work.draftComputed()).isEqualTo(work.draftStart() + 16);
  }
}
