package io.adaspec.runtime.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.step.SequenceWork;
import io.adaspec.runtime.step.StepPlan;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What one request computed is not computed again for the next. */
class PrefixCacheTest {
  private static final TokenIds PROMPT =
      TokenIds.of(IntStream.range(0, 40).map(i -> (i * 7 + 5) & 63).toArray());

  private static SchedulerTest.Bench bench(PolicySnapshot policy) {
    return new SchedulerTest.Bench("sim:tiny,audit", policy, SchedulerLimits.defaults());
  }

  private static void submit(SchedulerTest.Bench bench, String id, String salt) {
    InferenceRequest request =
        InferenceRequest.builder(id, PROMPT, 8, bench.now).cacheSalt(salt).build();
    assertThat(bench.waiting.submit(request)).isTrue();
  }

  private static SequenceWork firstWork(SchedulerTest.Bench bench) {
    StepPlan plan = bench.scheduler.schedule(bench.now).orElseThrow();
    bench.scheduler.commit(bench.device.execute(plan), bench.now);
    return plan.work().getFirst();
  }

  @Test
  void cachedTokensAreNotComputedAgain() {
    SchedulerTest.Bench bench = bench(PolicySnapshot.plain());
    submit(bench, "a", "");
    bench.run();
    submit(bench, "b", "");
    SequenceWork work = firstWork(bench);
    assertThat(work.computed()).isEqualTo(32);
    assertThat(work.rows()).isEqualTo(8);
  }

  @Test
  void anotherTenantComputesThemItself() {
    SchedulerTest.Bench bench = bench(PolicySnapshot.plain());
    submit(bench, "a", "one");
    bench.run();
    submit(bench, "b", "two");
    SequenceWork work = firstWork(bench);
    assertThat(work.computed()).isZero();
    assertThat(work.rows()).isEqualTo(40);
  }

  @Test
  void theDraftModelHasOnlyWhatItComputedItself() {
    SchedulerTest.Bench plainFirst = bench(PolicySnapshot.plain());
    submit(plainFirst, "a", "");
    plainFirst.run();
    plainFirst.scheduler.apply(SchedulerTest.FIXED);
    submit(plainFirst, "b", "");
    assertThat(firstWork(plainFirst).computed()).isEqualTo(32);
    assertThat(firstWork(plainFirst).draftComputed()).isZero();

    SchedulerTest.Bench drafted = bench(SchedulerTest.FIXED);
    submit(drafted, "a", "");
    drafted.run();
    submit(drafted, "b", "");
    firstWork(drafted);
    assertThat(firstWork(drafted).draftComputed()).isEqualTo(32);
  }

  @Test
  void aStrategyIsToldOnlyOfWhatTheDraftModelReallyLacks() {
    SchedulerTest.Bench bench = bench(SchedulerTest.FIXED);
    submit(bench, "a", "");
    bench.run();
    submit(bench, "b", "");
    firstWork(bench);

    StepPlan plan = bench.scheduler.schedule(bench.now).orElseThrow();

    assertThat(plan.work().getFirst().draftComputed()).isEqualTo(32);
    assertThat(plan.batch().get(0).draftLag()).isEqualTo(41 - 32);
  }
}
