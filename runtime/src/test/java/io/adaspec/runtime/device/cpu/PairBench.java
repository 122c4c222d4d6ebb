package io.adaspec.runtime.device.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceSpec;
import io.adaspec.runtime.device.sim.SimulatedDeviceProvider;
import io.adaspec.runtime.kvcache.KvGeometry;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.model.ModelConfig;
import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.RequestId;
import io.adaspec.runtime.scheduler.Scheduler;
import io.adaspec.runtime.scheduler.SchedulerLimits;
import io.adaspec.runtime.scheduler.SequenceStatistics;
import io.adaspec.runtime.scheduler.StepOutcome;
import io.adaspec.runtime.scheduler.TokenEmission;
import io.adaspec.runtime.scheduler.WaitingQueue;
import io.adaspec.runtime.speculation.ControllerState;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.PolicySnapshot;
import io.adaspec.runtime.speculation.SpeculationStrategy;
import io.adaspec.runtime.speculation.StepReport;
import io.adaspec.runtime.speculation.Strategies;
import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.step.StepResult;
import io.adaspec.runtime.step.StepTiming;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.IntFunction;

/**
 * A model pair, usually on the processor's cores, behind a scheduler, driven step by step. Only the
 * clock is made up: steps take what a fixed cost model says, so that a strategy decides the same
 * each time.
 */
final class PairBench implements AutoCloseable {
  static final int BLOCK_TOKENS = 16;
  private static final CostModel COST =
      SimulatedDeviceProvider.openSimulated("sim:a100-vicuna-7b").cost();
  private static final int MOST_STEPS = 20_000;

  private final Device device;

  /**
   * @param blocks KV blocks of each model
   */
  PairBench(LoadedModel target, LoadedModel draft, int blocks) {
    this(
        new CpuDeviceProvider()
            .open(
                new DeviceSpec(
                    "cpu",
                    Optional.of(target.forDevice()),
                    Optional.of(draft.forDevice()),
                    2,
                    blocks * (bytesPerBlock(target.config()) + bytesPerBlock(draft.config())),
                    BLOCK_TOKENS,
                    256)));
  }

  /** With a device that is closed with the bench. */
  PairBench(Device device) {
    this.device = device;
  }

  private static long bytesPerBlock(ModelConfig config) {
    return new KvGeometry(
            config.layers(),
            config.kvHeads(),
            config.headSize(),
            BLOCK_TOKENS,
            KvGeometry.ElementType.F32)
        .bytesPerBlock();
  }

  /** What came of some requests. */
  static final class Outcome {
    final Map<RequestId, List<Integer>> outputs = new HashMap<>();
    final Map<RequestId, SequenceStatistics> statistics = new HashMap<>();
    final List<StepReport> reports = new ArrayList<>();
    int mostLentBlocks;

    int drafted() {
      return statistics.values().stream().mapToInt(SequenceStatistics::draftedTokens).sum();
    }

    int accepted() {
      return statistics.values().stream().mapToInt(SequenceStatistics::acceptedTokens).sum();
    }

    int preemptions() {
      return statistics.values().stream().mapToInt(SequenceStatistics::preemptions).sum();
    }
  }

  /** How the requests of a test are run. */
  record Way(
      IntFunction<PolicySnapshot> policyOfStep,
      BiFunction<PolicySnapshot, ControllerState, SpeculationStrategy> strategies,
      SchedulerLimits limits,
      int stepsBetweenArrivals) {
    /** Under one policy, in chunks of at most {@code stepTokens}, each a step after the other. */
    static Way of(PolicySnapshot policy, int stepTokens) {
      return of(step -> policy, stepTokens);
    }

    /** Under a policy of every step. */
    static Way of(IntFunction<PolicySnapshot> policyOfStep, int stepTokens) {
      return new Way(policyOfStep, Strategies::of, limits(stepTokens), 1);
    }

    static SchedulerLimits limits(int stepTokens) {
      return new SchedulerLimits(8, stepTokens, 4);
    }
  }

  /** Each request by itself, decoded plainly. */
  Map<RequestId, List<Integer>> alone(List<InferenceRequest> requests) {
    Map<RequestId, List<Integer>> texts = new HashMap<>();
    for (InferenceRequest request : requests) {
      texts.putAll(run(Way.of(PolicySnapshot.plain(), 256), List.of(request)).outputs);
    }
    return texts;
  }

  Outcome run(Way way, List<InferenceRequest> requests) {
    WaitingQueue waiting = new WaitingQueue(100, 100_000);
    Scheduler scheduler =
        new Scheduler(
            device.info(),
            waiting,
            way.limits(),
            way.policyOfStep().apply(0),
            COST,
            way.strategies());
    Outcome outcome = new Outcome();
    long now = 0;
    int arrived = 0;
    for (int step = 0; ; step++) {
      assertThat(step).isLessThan(MOST_STEPS);
      while (arrived < requests.size() && arrived * way.stepsBetweenArrivals() <= step) {
        waiting.submit(requests.get(arrived++));
      }
      scheduler.apply(way.policyOfStep().apply(step));
      Optional<StepPlan> plan = scheduler.schedule(now);
      if (plan.isEmpty()) {
        if (arrived == requests.size()) {
          return outcome;
        }
        continue;
      }
      StepResult result = withSetTimes(plan.get(), device.execute(plan.get()));
      now += result.timing().totalNanos();
      StepOutcome committed = scheduler.commit(result, now);
      scheduler.checkInvariants();
      outcome.mostLentBlocks = Math.max(outcome.mostLentBlocks, scheduler.load().lentKvBlocks());
      outcome.reports.add(committed.report());
      committed.emissions().forEach(emission -> receive(emission, outcome));
    }
  }

  private static StepResult withSetTimes(StepPlan plan, StepResult result) {
    StepTiming t = result.timing();
    int passes = t.draftPasses();
    double draft =
        passes == 0
            ? 0
            : passes
                * COST.draftPassNanos(
                    Math.ceilDiv(t.draftRows(), passes), t.draftContextReads() / passes);
    double verify = COST.targetPassNanos(t.targetRows(), t.targetContextReads());
    double total = draft + verify + COST.overheadNanos(plan.work().size());
    return new StepResult(
        result.planId(),
        result.sequences(),
        new StepTiming(
            (long) total,
            (long) draft,
            (long) verify,
            passes,
            t.draftRows(),
            t.draftContextReads(),
            t.targetRows(),
            t.targetContextReads()));
  }

  private static void receive(TokenEmission emission, Outcome outcome) {
    outcome
        .outputs
        .computeIfAbsent(emission.request(), id -> new ArrayList<>())
        .addAll(Arrays.stream(emission.tokens()).boxed().toList());
    outcome.statistics.put(emission.request(), emission.statistics());
  }

  @Override
  public void close() {
    device.close();
  }
}
