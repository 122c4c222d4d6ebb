package io.adaspec.runtime.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.scheduler.SchedulerTest.Bench;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Verifier;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Draft memory serves the target while drafts do not need it, and comes back when they do. */
class DraftMemoryTest {
  /** Twelve target blocks of 16 tokens, and draft memory for six more. */
  private static final String DEVICE = "sim:tiny,audit,blocks=12,draftBlocks=12,draftKv=0.5";

  private static final PolicySnapshot DRAFTING = SchedulerTest.FIXED;
  private static final PolicySnapshot PLAIN =
      new PolicySnapshot(2, "off", DrafterKind.MODEL, 4, Verifier.COUPLED);
  private static final PolicySnapshot DRAFTING_AGAIN =
      new PolicySnapshot(3, "fixed:3", DrafterKind.MODEL, 4, Verifier.COUPLED);

  private static Bench bench(String device, PolicySnapshot policy) {
    return new Bench(device, policy, new SchedulerLimits(8, 64, 16));
  }

  private static Map<String, List<Integer>> roomyTexts(int[]... requests) {
    return submit(bench("sim:tiny,audit", PolicySnapshot.plain()), requests).run().outputs;
  }

  /** Requests a, b, … of so many prompt and output tokens. */
  private static Bench submit(Bench bench, int[]... requests) {
    for (int i = 0; i < requests.length; i++) {
      bench.submit(String.valueOf((char) ('a' + i)), requests[i][0], requests[i][1]);
    }
    return bench;
  }

  private static SchedulerLoad load(Bench bench) {
    return bench.scheduler.load();
  }

  @Test
  void aRequestFitsOnlyBecauseDraftKvWasLetGo() {
    int[][] requests = {{60, 60}, {150, 8}};
    Bench bench = bench(DEVICE, DRAFTING);
    submit(bench, requests[0]);
    while (bench.output("a") < 30) {
      bench.step();
    }
    assertThat(load(bench).freeDraftKvBlocks()).as("a drafts").isLessThan(12 - 5);
    bench.submit("b", 150, 8);
    bench.scheduler.apply(PLAIN);
    while (bench.output("b") == 0) {
      bench.step();
      assertThat(bench.finishes).as("neither waits for the other").isEmpty();
    }
    assertThat(load(bench).lentKvBlocks()).isPositive();
    assertThat(load(bench).kvBlocks() - load(bench).freeKvBlocks()).as("in use").isGreaterThan(12);
    assertThat(bench.run().outputs).isEqualTo(roomyTexts(requests));
  }

  @Test
  void withoutSharedMemoryItWaits() {
    Bench bench = bench(DEVICE + ",unshared", PLAIN);
    submit(bench, new int[][] {{60, 60}, {150, 8}});
    while (bench.output("b") == 0) {
      bench.step();
    }
    assertThat(bench.finishes).containsKey("a");
  }

  @Test
  void aRequestMayFillTargetAndDraftMemoryAlone() {
    int[][] requests = {{230, 57}};
    Bench bench = submit(bench(DEVICE, DRAFTING), requests);
    assertThat(bench.scheduler.device().capacityTokens()).isEqualTo(18 * 16);
    assertThat(bench.run().outputs).isEqualTo(roomyTexts(requests));
    assertThat(load(bench).lentKvBlocks()).isEqualTo(6);
    assertThat(bench.steps).as("it is not preempted over and over").isLessThan(70);
  }

  @Test
  void nobodyIsPreemptedWhileDraftMemoryLiesIdle() {
    int[][] requests = {{60, 60}, {60, 60}};
    assertThat(preemptions(bench(DEVICE + ",unshared", PLAIN), requests)).isPositive();
    assertThat(preemptions(bench(DEVICE, PLAIN), requests)).isZero();
  }

  private static int preemptions(Bench bench, int[][] requests) {
    submit(bench, requests);
    int preemptions = 0;
    int before = 0;
    while (bench.step()) {
      int now = load(bench).preemptedSequences();
      preemptions += Math.max(0, now - before);
      before = now;
    }
    assertThat(bench.outputs).isEqualTo(roomyTexts(requests));
    return preemptions;
  }

  @Test
  void memoryOfDraftsThatRunIsNotGivenUpForAPlace() {
    Bench bench = bench(DEVICE, DRAFTING);
    submit(bench, new int[][] {{100, 60}, {100, 8}});
    while (bench.output("a") < 59) {
      bench.step();
      assertThat(load(bench).lentKvBlocks()).isZero();
    }
    assertThat(bench.output("b")).as("waits").isZero();
  }

  @Test
  void draftsComeBackWhenMemoryIsFreeAgain() {
    int[][] requests = {{60, 120}, {130, 8}};
    Bench bench = submit(bench(DEVICE, PLAIN), requests);
    while (!bench.finishes.containsKey("b")) {
      bench.step();
    }
    int lent = load(bench).lentKvBlocks();
    assertThat(lent).isPositive();
    bench.scheduler.apply(DRAFTING_AGAIN);
    int before = bench.output("a");
    int from = bench.steps;
    while (bench.output("a") < before + 20) {
      bench.step();
    }
    assertThat(load(bench).lentKvBlocks()).isLessThan(lent);
    assertThat(bench.steps - from).as("steps with drafts").isLessThan(15);
    assertThat(bench.run().outputs).isEqualTo(roomyTexts(requests));
  }

  @Test
  void whoIsPausedLetsGoOfItsDraftKvFirst() {
    Bench bench = bench(DEVICE, DRAFTING);
    submit(bench, new int[][] {{60, 60}, {30, 60}});
    while (bench.output("a") < 10 || bench.output("b") < 10) {
      bench.step();
    }
    bench.scheduler.pause(new RequestId("a"), bench.now);
    bench.submit("c", 70, 8);
    while (bench.output("c") == 0) {
      bench.step();
    }
    assertThat(load(bench).pausedSequences()).isEqualTo(1);
    assertThat(load(bench).preemptedSequences()).as("a keeps its target KV").isZero();
    bench.scheduler.resume(new RequestId("a"), bench.now);
    assertThat(bench.run().outputs)
        .isEqualTo(roomyTexts(new int[][] {{60, 60}, {30, 60}, {70, 8}}));
  }

  @Test
  void waitsArePredictedWithWhatDraftMemoryGives() {
    Bench bench = submit(bench(DEVICE, PLAIN), new int[][] {{150, 40}});
    while (bench.output("a") < 2) {
      bench.step();
    }
    assertThat(load(bench).obtainableKvBlocks()).as("all but what trials keep").isEqualTo(5);
    int[] prompt = IntStream.range(0, 70).toArray();
    InferenceRequest next =
        InferenceRequest.builder("n", TokenIds.of(prompt), 8, bench.now).build();
    long wait =
        AdmissionControl.predictedWaitNanos(
            next, bench.waiting, List.of(bench.scheduler.outlook()));
    Bench fixed = submit(bench(DEVICE + ",unshared", PLAIN), new int[][] {{150, 40}});
    while (fixed.output("a") < 2) {
      fixed.step();
    }
    long longer =
        AdmissionControl.predictedWaitNanos(
            next, fixed.waiting, List.of(fixed.scheduler.outlook()));
    assertThat(wait).isLessThan(longer / 2);
  }
}
