package io.adaspec.api.cli;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.device.sim.SimulatedDevice;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.Strategies;
import io.adaspec.runtime.speculation.Verifier;
import io.adaspec.runtime.step.SequenceWork;
import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.step.StepTiming;
import io.adaspec.runtime.step.TokenHistory;
import java.util.Arrays;
import java.util.List;

/**
 * The first steps of a fresh device, before any request: they compile its kernels, so that the
 * first request is not the warm-up, and say what passes cost.
 *
 * <p>They write KV blocks, which hold nothing yet.
 */
final class WarmUp {
  private static final long BUDGET_NANOS = 700_000_000;
  private static final int LEAST_ROUNDS = 2;
  private static final int PROMPT_TOKENS = 64;
  private static final int DRAFT_TOKENS = 4;

  private final Device device;
  private final DeviceInfo info;
  private final int promptTokens;
  private final int[] tokens;
  private final int[] blocks;
  private final int draftCap;
  private long steps;

  private WarmUp(Device device) {
    this.device = device;
    this.info = device.info();
    int room = Math.min(info.capacityTokens(), info.maxRows());
    this.promptTokens = Math.max(1, Math.min(PROMPT_TOKENS, room - DRAFT_TOKENS - 2));
    this.draftCap =
        info.hasDraftModel() && promptTokens + 2 + DRAFT_TOKENS <= info.draftContextTokens()
            ? DRAFT_TOKENS
            : 0;
    this.tokens = new int[promptTokens + 2];
    Arrays.setAll(tokens, i -> (i * 7 + 3) % info.vocabularySize());
    this.blocks = new int[Math.ceilDiv(tokens.length + DRAFT_TOKENS, info.blockTokens())];
    Arrays.setAll(blocks, i -> i);
  }

  /** The cost model of a fresh device. */
  static CostModel cost(Device device) {
    return device instanceof SimulatedDevice simulated
        ? simulated.cost()
        : new WarmUp(device).measure();
  }

  private CostModel measure() {
    MeasuredCost cost = MeasuredCost.unknown();
    long spent = 0;
    for (int round = 0; round < LEAST_ROUNDS || spent < BUDGET_NANOS; round++) {
      StepTiming prefill = step(promptTokens, 0, promptTokens, 0, cost);
      StepTiming decode = step(promptTokens + 1, promptTokens, 1, 0, cost);
      StepTiming verify = step(promptTokens + 2, promptTokens + 1, 1, draftCap, cost);
      spent += prefill.totalNanos() + decode.totalNanos() + verify.totalNanos();
      cost = cost.with(decode).with(verify).with(prefill);
    }
    return cost;
  }

  private StepTiming step(int known, int computed, int rows, int cap, CostModel cost) {
    SequenceWork work =
        new SequenceWork(
            0,
            new TokenHistory(tokens, known),
            computed,
            rows,
            blocks,
            SamplingParams.greedy(),
            cap > 0 ? DrafterKind.MODEL : DrafterKind.NONE,
            cap,
            cap > 0 ? Math.max(0, known - 2) : 0,
            cap > 0 ? blocks : new int[0]);
    BatchView.Entry view =
        new BatchView.Entry(
            0,
            computed,
            rows,
            true,
            cap,
            known - work.draftComputed(),
            1,
            ServiceClass.STANDARD,
            SloTarget.none(),
            0,
            Double.NaN);
    StepPlan plan =
        new StepPlan(
            steps++,
            List.of(work),
            new BatchView(List.of(view)),
            Strategies.parse("fixed:" + DRAFT_TOKENS),
            cost,
            Verifier.COUPLED);
    return device.execute(plan).timing();
  }
}
