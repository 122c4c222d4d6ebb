package io.adaspec.runtime.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adaspec.runtime.device.sim.SimulatedDevice;
import io.adaspec.runtime.device.sim.SimulatedDeviceProvider;
import io.adaspec.runtime.request.FinishReason;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.StepReport;
import io.adaspec.runtime.speculation.Verifier;
import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.step.StepResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SchedulerTest {
  static final PolicySnapshot FIXED =
      new PolicySnapshot(1, "fixed:3", DrafterKind.MODEL, 4, Verifier.COUPLED);

  /** One scheduler over one simulated device, driven step by step. */
  static final class Bench {
    final SimulatedDevice device;
    final WaitingQueue waiting = new WaitingQueue(1000, 1_000_000);
    final Scheduler scheduler;
    final Map<String, List<Integer>> outputs = new HashMap<>();
    final Map<String, FinishReason> finishes = new HashMap<>();
    List<RequestId> members = List.of();
    int steps;
    long now;

    Bench(String name, PolicySnapshot policy, SchedulerLimits limits) {
      device = SimulatedDeviceProvider.openSimulated(name);
      scheduler =
          new Scheduler(device.info(), waiting, limits, policy, device.cost(), TestStrategies::of);
    }

    void submit(String id, int promptTokens, int outputTokens) {
      int[] prompt =
          IntStream.range(0, promptTokens).map(i -> (i * 7 + id.hashCode()) & 63).toArray();
      waiting.submit(
          InferenceRequest.builder(id, TokenIds.of(prompt), outputTokens, now++).build());
    }

    boolean step() {
      Optional<StepPlan> plan = scheduler.schedule(now);
      scheduler.checkInvariants();
      if (plan.isEmpty()) {
        return false;
      }
      members = scheduler.inFlight();
      steps++;
      now += 1_000_000;
      StepOutcome outcome = scheduler.commit(device.execute(plan.get()), now);
      scheduler.checkInvariants();
      for (TokenEmission emission : outcome.emissions()) {
        List<Integer> output =
            outputs.computeIfAbsent(emission.request().value(), id -> new ArrayList<>());
        assertEquals(output.size(), emission.firstOutput());
        for (int token : emission.tokens()) {
          output.add(token);
        }
        emission.finish().ifPresent(f -> finishes.put(emission.request().value(), f));
      }
      return true;
    }

    int output(String id) {
      return outputs.getOrDefault(id, List.of()).size();
    }

    Bench run() {
      while (step()) {
        assertTrue(steps < 100_000, "no end");
      }
      return this;
    }
  }

  private static Bench three(String device, PolicySnapshot policy) {
    Bench bench = new Bench(device, policy, SchedulerLimits.defaults());
    bench.submit("a", 40, 50);
    bench.submit("b", 700, 60);
    bench.submit("c", 1, 70);
    return bench.run();
  }

  @Test
  void speculationChangesStepsButNotTokens() {
    Bench plain = three("sim:tiny,audit", PolicySnapshot.plain());
    Bench fast = three("sim:tiny,audit", FIXED);
    assertEquals(plain.outputs, fast.outputs);
    assertThat(plain.outputs.get("a")).hasSize(50);
    assertEquals(FinishReason.LENGTH, plain.finishes.get("b"));
    assertTrue(fast.steps < plain.steps * 0.6, fast.steps + " of " + plain.steps);
  }

  @Test
  void aStepCountsFromItsPlanningToItsCommit() {
    Bench bench = new Bench("sim:tiny", FIXED, SchedulerLimits.defaults());
    bench.submit("a", 40, 50);
    StepPlan plan = bench.scheduler.schedule(1_000).orElseThrow();
    StepResult result = bench.device.execute(plan);
    StepReport report = bench.scheduler.commit(result, 90_001_000).report();
    assertEquals(90_000_000, report.totalNanos());
    assertEquals(result.timing().totalNanos(), report.executeNanos());
  }

  @Test
  void preemptionChangesNoToken() {
    Bench roomy = three("sim:tiny,audit", FIXED);
    Bench tight = three("sim:tiny,audit,blocks=50,draftBlocks=7", FIXED);
    assertEquals(roomy.outputs, tight.outputs);
    SchedulerLoad load = tight.scheduler.load();
    assertEquals(50 + load.lentKvBlocks(), load.freeKvBlocks());
    assertEquals(7 - 4 * load.lentKvBlocks(), load.freeDraftKvBlocks());
  }

  @Test
  void whoRunsApartSharesNoStepUntilItsNextToken() {
    Bench undisturbed = three("sim:tiny,audit", FIXED);
    Bench bench = new Bench("sim:tiny,audit", FIXED, SchedulerLimits.defaults());
    bench.submit("a", 40, 50);
    bench.submit("b", 700, 60);
    bench.submit("c", 1, 70);
    for (int i = 0; i < 6; i++) {
      bench.step();
    }
    bench.scheduler.deviceLost();
    assertTrue(bench.scheduler.runApart(new RequestId("b")));
    assertTrue(bench.scheduler.runApart(new RequestId("c")));
    assertFalse(bench.scheduler.runApart(new RequestId("d")));
    for (Sequence released : bench.scheduler.release()) {
      bench.waiting.adopt(released);
    }
    bench.scheduler.deviceReady(bench.device.info());
    for (String id : List.of("b", "c")) {
      int before = bench.output(id);
      while (bench.output(id) == before) {
        bench.step();
        assertThat(bench.members).containsExactly(new RequestId(id));
      }
    }
    bench.step();
    assertThat(bench.members).hasSize(3);
    assertEquals(undisturbed.outputs, bench.run().outputs);
  }

  @Test
  void stepsArePredictedToStayWithinTheLongestAllowed() {
    Bench free = new Bench("sim:tiny", PolicySnapshot.plain(), SchedulerLimits.defaults());
    double longest = free.device.cost().targetPassNanos(100, BatchView.contextReads(0, 100));
    Bench bound =
        new Bench(
            "sim:tiny",
            PolicySnapshot.plain(),
            SchedulerLimits.defaults().withLongestStepNanos((long) longest));
    Bench impossible =
        new Bench(
            "sim:tiny", PolicySnapshot.plain(), SchedulerLimits.defaults().withLongestStepNanos(1));
    for (Bench bench : List.of(free, bound, impossible)) {
      bench.submit("b", 700, 5);
      bench.run();
    }
    assertThat(free.steps).isEqualTo(2 + 4);
    assertThat(bound.steps).isBetween(7 + 4, 20 + 4);
    assertThat(impossible.steps).isEqualTo(700 + 4);
    assertEquals(free.outputs, bound.outputs);
    assertEquals(free.outputs, impossible.outputs);
  }

  @Test
  void levelLowersTheLongestFirst() {
    int[] caps = {5, 1, 3, 3};
    DraftPlanner.level(caps, 8);
    assertArrayEquals(new int[] {3, 1, 2, 2}, caps);
  }
}
