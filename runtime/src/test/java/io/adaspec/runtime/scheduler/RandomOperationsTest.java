package io.adaspec.runtime.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.device.sim.SimulatedDevice;
import io.adaspec.runtime.device.sim.SimulatedDeviceProvider;
import io.adaspec.runtime.request.FinishReason;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import io.adaspec.runtime.request.SpeculationPreference;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.Verifier;
import io.adaspec.runtime.step.StepPlan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Report;
import net.jqwik.api.Reporting;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.statistics.Statistics;

/** Anything may happen at any time; every text is still what it would be alone. */
class RandomOperationsTest {
  private static final String MODEL = "vocab=60,stop=5,meanOutput=40,context=200,lookups=0.5";

  @Property(seed = "20261125", tries = 150)
  @Report(Reporting.FALSIFIED)
  void textsStayTheSameAndNoBlockIsLost(@ForAll @LongRange(min = 0, max = 1L << 40) long seed) {
    World world = new World(new Random(seed));
    for (int i = 0; i < 150; i++) {
      world.act();
      world.check();
    }
    world.drain();
    Statistics.collect(world.lent, world.takenBack);
    Statistics.coverage(coverage -> coverage.check(true, true).percentage(share -> share > 3));
  }

  /** Two devices, one queue, and clients that do not know what they want. */
  private static final class World {
    final Random random;
    final WaitingQueue waiting = new WaitingQueue(100, 100_000);
    final List<Scheduler> schedulers = new ArrayList<>();
    final List<SimulatedDevice> devices = new ArrayList<>();
    final List<Optional<StepPlan>> inFlight = new ArrayList<>();
    final Map<RequestId, InferenceRequest> requests = new LinkedHashMap<>();
    final Map<RequestId, List<Integer>> outputs = new HashMap<>();
    final Map<RequestId, FinishReason> finishes = new HashMap<>();
    final Set<RequestId> cancelled = new HashSet<>();
    long now = 1;
    long policyVersion;
    final int[] lentBefore = new int[2];
    boolean lent;
    boolean takenBack;

    World(Random random) {
      this.random = random;
      SchedulerLimits limits =
          new SchedulerLimits(1 + random.nextInt(6), 12 + random.nextInt(60), 4);
      for (int i = 0; i < 2; i++) {
        devices.add(open());
        inFlight.add(Optional.empty());
        schedulers.add(
            new Scheduler(
                devices.get(i).info(),
                waiting,
                limits,
                policy(),
                devices.get(i).cost(),
                TestStrategies::of));
      }
    }

    SimulatedDevice open() {
      int blocks = 14 + random.nextInt(12);
      int draftBlocks = random.nextInt(30);
      return SimulatedDeviceProvider.openSimulated(
          "sim:tiny,audit,%s,blocks=%d,draftBlocks=%d,draftKv=%s,draftContext=%d"
              .formatted(
                  MODEL,
                  blocks,
                  draftBlocks,
                  one(new String[] {".25", ".4", "1", "1.7"}),
                  one(new Integer[] {40, 200})));
    }

    <T> T one(T[] values) {
      return values[random.nextInt(values.length)];
    }

    PolicySnapshot policy() {
      String[] specs = {"off", "fixed:1", "fixed:4", "late:3", "ragged:5"};
      DrafterKind drafter = one(DrafterKind.values());
      return new PolicySnapshot(
          policyVersion++, one(specs), drafter, random.nextInt(6), Verifier.COUPLED);
    }

    void act() {
      now += random.nextInt(1000);
      int which = random.nextInt(2);
      switch (random.nextInt(20)) {
        case 0, 1, 2 -> submit();
        case 3 -> cancel();
        case 4 -> some().ifPresent(id -> schedulers.forEach(each -> each.pause(id, now)));
        case 5, 6 -> some().ifPresent(id -> schedulers.forEach(each -> each.resume(id, now)));
        case 7 -> schedulers.get(which).apply(policy());
        case 8 -> {
          if (random.nextInt(4) == 0) {
            reopen(which);
          }
        }
        case 9 -> {
          if (random.nextInt(4) == 0) {
            inFlight.set(which, Optional.empty());
            schedulers.get(which).release().forEach(waiting::adopt);
          }
        }
        default -> advance(which);
      }
    }

    Optional<RequestId> some() {
      List<RequestId> ids = List.copyOf(requests.keySet());
      return ids.isEmpty() ? Optional.empty() : Optional.of(ids.get(random.nextInt(ids.size())));
    }

    void submit() {
      int length = 1 + random.nextInt(random.nextInt(4) == 0 ? 120 : 40);
      int[] prompt = new int[length];
      int family = random.nextInt(3);
      int own = random.nextInt(length);
      for (int i = 0; i < length; i++) {
        prompt[i] = i < own ? (family * 11 + i * i) % 60 : random.nextInt(60);
      }
      boolean sampled = random.nextBoolean();
      InferenceRequest request =
          InferenceRequest.builder(
                  "r" + requests.size(), TokenIds.of(prompt), 1 + random.nextInt(60), now)
              .stopTokens(random.nextInt(3) == 0 ? TokenIds.empty() : TokenIds.of(5))
              .serviceClass(one(ServiceClass.values()))
              .sampling(sampled ? SamplingParams.of(1, random.nextInt(4)) : SamplingParams.greedy())
              .slo(
                  random.nextBoolean()
                      ? SloTarget.none()
                      : new SloTarget(1 + random.nextInt(5000), 1000))
              .speculation(
                  random.nextInt(4) == 0
                      ? SpeculationPreference.off()
                      : new SpeculationPreference(
                          SpeculationPreference.Mode.AUTO, random.nextInt(6)))
              .cacheSalt(random.nextInt(4) == 0 ? "tenant" : "")
              .build();
      assertThat(waiting.submit(request)).isTrue();
      requests.put(request.id(), request);
      outputs.put(request.id(), new ArrayList<>());
    }

    void cancel() {
      some()
          .ifPresent(
              id -> {
                boolean known = waiting.cancel(id);
                for (Scheduler each : schedulers) {
                  known |= each.cancel(id);
                }
                assertThat(known).isEqualTo(!finishes.containsKey(id) && cancelled.add(id));
              });
    }

    void reopen(int which) {
      devices.set(which, open());
      inFlight.set(which, Optional.empty());
      schedulers.get(which).deviceLost();
      check();
      assertThat(schedulers.get(which).schedule(now)).isEmpty();
      schedulers.get(which).deviceReady(devices.get(which).info());
      lentBefore[which] = 0;
    }

    void advance(int which) {
      Scheduler scheduler = schedulers.get(which);
      Optional<StepPlan> plan = inFlight.get(which);
      if (plan.isEmpty()) {
        inFlight.set(which, scheduler.schedule(now));
        return;
      }
      inFlight.set(which, Optional.empty());
      StepOutcome outcome = scheduler.commit(devices.get(which).execute(plan.get()), now);
      outcome.emissions().forEach(this::receive);
    }

    void receive(TokenEmission emission) {
      RequestId id = emission.request();
      assertThat(cancelled).doesNotContain(id);
      assertThat(finishes).doesNotContainKey(id);
      List<Integer> output = outputs.getOrDefault(id, new ArrayList<>());
      assertThat(emission.firstOutput()).isEqualTo(output.size());
      for (int token : emission.tokens()) {
        output.add(token);
      }
      emission.finish().ifPresent(reason -> finishes.put(id, reason));
    }

    void check() {
      for (int i = 0; i < 2; i++) {
        schedulers.get(i).checkInvariants();
        int now = schedulers.get(i).load().lentKvBlocks();
        lent |= now > lentBefore[i];
        takenBack |= now < lentBefore[i];
        lentBefore[i] = now;
      }
    }

    void drain() {
      requests.keySet().forEach(id -> schedulers.forEach(each -> each.resume(id, now)));
      int idle = 0;
      for (int i = 0; idle < 4; i++) {
        assertThat(i).as("steps to drain").isLessThan(20_000);
        now += 100;
        advance(i % 2);
        check();
        idle = inFlight.stream().allMatch(Optional::isEmpty) && allIdle() ? idle + 1 : 0;
      }
      for (int i = 0; i < 2; i++) {
        SchedulerLoad load = schedulers.get(i).load();
        assertThat(load.freeKvBlocks()).isEqualTo(load.kvBlocks());
        assertThat(load.freeDraftKvBlocks()).isEqualTo(load.draftKvBlocks());
      }
      assertThat(waiting.isEmpty()).isTrue();
      requests.forEach(this::compareWithAlone);
    }

    boolean allIdle() {
      return waiting.isEmpty() && schedulers.stream().allMatch(s -> s.requests().isEmpty());
    }

    void compareWithAlone(RequestId id, InferenceRequest request) {
      List<Integer> alone = new ArrayList<>();
      FinishReason end = runAlone(request, alone);
      List<Integer> output = outputs.getOrDefault(id, List.of());
      if (cancelled.contains(id)) {
        assertThat(alone.subList(0, output.size())).isEqualTo(output);
      } else {
        assertThat(output).as("output of " + id).isEqualTo(alone);
        assertThat(finishes.get(id)).isEqualTo(end);
      }
    }

    static FinishReason runAlone(InferenceRequest request, List<Integer> output) {
      SimulatedDevice device = SimulatedDeviceProvider.openSimulated("sim:tiny," + MODEL);
      WaitingQueue queue = new WaitingQueue(1, 1000);
      queue.submit(request);
      Scheduler scheduler =
          new Scheduler(
              device.info(),
              queue,
              SchedulerLimits.defaults(),
              PolicySnapshot.plain(),
              device.cost(),
              TestStrategies::of);
      while (true) {
        StepPlan plan = scheduler.schedule(0).orElseThrow();
        for (TokenEmission emission : scheduler.commit(device.execute(plan), 0).emissions()) {
          for (int token : emission.tokens()) {
            output.add(token);
          }
          if (emission.finish().isPresent()) {
            return emission.finish().get();
          }
        }
      }
    }
  }
}
