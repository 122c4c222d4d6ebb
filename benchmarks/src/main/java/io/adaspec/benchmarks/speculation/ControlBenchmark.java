package io.adaspec.benchmarks.speculation;

import io.adaspec.runtime.device.sim.SimulatedDeviceProvider;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.ControllerState;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.DraftChoices;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.SpeculationController;
import io.adaspec.runtime.speculation.SpeculationStrategy;
import io.adaspec.runtime.speculation.StepReport;
import io.adaspec.runtime.speculation.Strategies;
import io.adaspec.runtime.speculation.SurvivalTable;
import io.adaspec.runtime.speculation.WaitingView;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * All that a policy decides and learns in one step: prefill budget, drafters, three rounds of
 * drafting, verification lengths, the fold of the step's report. To be held against the step of
 * Vicuna 7B with its 68 M draft on an A100, which takes some 49 ms for 256 sequences.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ControlBenchmark {
  private static final CostModel COST =
      SimulatedDeviceProvider.openSimulated("sim:a100-vicuna-7b").cost();
  private static final int DEPTH = 3;
  private static final int CAP = 8;

  /** Sequences of the step. */
  @Param({"16", "256"})
  public int sequences;

  /** What decides. */
  @Param({"slo", "adaspec"})
  public String policy = "slo";

  private BatchView batch = new BatchView(List.of());
  private ControllerState state = ControllerState.initial();
  private float[] confidences = new float[0];

  /** For JMH. */
  public ControlBenchmark() {}

  /** A batch with latency targets, a third of it late; sizes of steps that were seen before. */
  @Setup
  public void prepare() {
    SplittableRandom random = new SplittableRandom(3);
    List<BatchView.Entry> entries = new ArrayList<>();
    for (int i = 0; i < sequences; i++) {
      entries.add(
          new BatchView.Entry(
              i,
              300 + i,
              1,
              true,
              CAP,
              1,
              100,
              ServiceClass.STANDARD,
              new SloTarget(1_000_000_000, 30_000_000),
              i % 3 == 0 ? 3_100_000_000L : 2_500_000_000L,
              random.nextDouble(0.4, 0.9)));
    }
    batch = new BatchView(entries);
    confidences = new float[sequences * CAP];
    for (int i = 0; i < confidences.length; i++) {
      confidences[i] = (float) random.nextDouble(0.3, 1);
    }
    for (int rows = sequences; rows <= 4 * sequences; rows += 1 + sequences / 16) {
      double nanos = COST.targetPassNanos(rows, 0);
      state = SpeculationController.next(state, report(List.of(), rows, (long) nanos), COST);
    }
  }

  /** One step's worth. */
  @Benchmark
  public ControllerState step() {
    SpeculationStrategy strategy = Strategies.parse(policy, DrafterKind.MODEL, CAP, state);
    strategy.budget(WaitingView.empty(), batch, COST);
    DraftChoices choices = strategy.choose(batch, COST);
    SurvivalTable survival = new SurvivalTable(sequences, CAP);
    for (int pass = 0; pass < DEPTH; pass++) {
      for (int i = 0; i < sequences; i++) {
        float confidence = confidences[i * CAP + pass];
        double alive =
            strategy.acceptance(batch.get(i), choices.drafters()[i], pass, confidence, 2);
        survival.append(i, confidence, 2, alive);
      }
      strategy.continueDrafting(batch, survival, COST);
    }
    return SpeculationController.next(
        state, reportOf(strategy.select(batch, survival, COST)), COST);
  }

  private StepReport reportOf(int[] lengths) {
    List<StepReport.Drafted> drafted = new ArrayList<>(sequences);
    int rows = sequences;
    for (int i = 0; i < sequences; i++) {
      float[] own = new float[DEPTH];
      System.arraycopy(confidences, i * CAP, own, 0, DEPTH);
      int accepted = Math.min(lengths[i], i % 3);
      drafted.add(
          new StepReport.Drafted(
              i,
              DrafterKind.MODEL,
              DEPTH,
              lengths[i],
              accepted,
              accepted + 1,
              own,
              new float[DEPTH],
              batch.get(i).acceptanceRate()));
      rows += lengths[i];
    }
    return report(drafted, rows, (long) COST.targetPassNanos(rows, rows * 300L));
  }

  private StepReport report(List<StepReport.Drafted> drafted, int rows, long verifyNanos) {
    int passes = drafted.isEmpty() ? 0 : DEPTH;
    long draftNanos =
        passes == 0 ? 0 : (long) (passes * COST.draftPassNanos(sequences, sequences * 300L));
    long total = verifyNanos + draftNanos + (long) COST.overheadNanos(sequences);
    return new StepReport(
        0,
        0,
        policy,
        0,
        total,
        total,
        total,
        draftNanos,
        verifyNanos,
        passes,
        passes * sequences,
        300L * passes * sequences,
        rows,
        rows * 300L,
        0,
        sequences,
        0,
        drafted);
  }
}
