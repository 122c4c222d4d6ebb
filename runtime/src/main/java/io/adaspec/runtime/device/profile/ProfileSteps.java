package io.adaspec.runtime.device.profile;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.SpeculationStrategy;
import io.adaspec.runtime.speculation.Strategies;
import io.adaspec.runtime.speculation.Verifier;
import io.adaspec.runtime.step.SequenceWork;
import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.step.StepTiming;
import io.adaspec.runtime.step.TokenHistory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Runs made-up steps on a device, over whatever its KV blocks hold: durations do not depend on it.
 * Sequences take the blocks in turn, so that together they touch as much memory as there is.
 */
final class ProfileSteps {
  private static final SpeculationStrategy ONE_DRAFT = Strategies.parse("fixed:1");
  private static final CostModel UNKNOWN = new Unknown();

  private final Device device;
  private final DeviceInfo info;
  private final int firstBlock;
  private final int blocks;
  private final int[] tokens;
  private long steps;

  /**
   * @param firstBlock first of the KV blocks, of target and draft alike, that may be overwritten
   * @param blocks how many
   */
  ProfileSteps(Device device, int firstBlock, int blocks) {
    this.device = device;
    this.info = device.info();
    this.firstBlock = firstBlock;
    this.blocks = blocks;
    this.tokens = new int[info.contextTokens() + 1];
    Arrays.setAll(tokens, i -> (i * 7 + 3) % info.vocabularySize());
  }

  /** The longest sequence, draft token included. */
  int capacityTokens() {
    int most = Math.min(info.contextTokens(), blocks * info.blockTokens());
    return info.hasDraftModel() ? Math.min(most, info.draftContextTokens()) : most;
  }

  /** Executes a point once. */
  StepTiming run(ProfilePoint point) {
    List<SequenceWork> work = new ArrayList<>();
    List<BatchView.Entry> view = new ArrayList<>();
    int cap = point.drafts() ? 1 : 0;
    for (int sequence = 0; sequence < point.sequences(); sequence++) {
      int known = point.contextTokens() + point.rows();
      int[] table = table(sequence, known + cap);
      work.add(
          new SequenceWork(
              sequence,
              new TokenHistory(tokens, known),
              point.contextTokens(),
              point.rows(),
              table,
              SamplingParams.greedy(),
              point.drafts() ? DrafterKind.MODEL : DrafterKind.NONE,
              cap,
              point.drafts() ? known - 1 : 0,
              point.drafts() ? table : new int[0]));
      view.add(
          new BatchView.Entry(
              sequence,
              point.contextTokens(),
              point.rows(),
              true,
              cap,
              1,
              1,
              ServiceClass.STANDARD,
              SloTarget.none(),
              0,
              Double.NaN));
    }
    BatchView batch = new BatchView(view);
    return device
        .execute(new StepPlan(steps++, work, batch, ONE_DRAFT, UNKNOWN, Verifier.COUPLED))
        .timing();
  }

  private int[] table(int sequence, int size) {
    int[] table = new int[Math.ceilDiv(size, info.blockTokens())];
    Arrays.setAll(table, i -> firstBlock + (sequence * table.length + i) % blocks);
    return table;
  }

  private record Unknown() implements CostModel {
    @Override
    public double targetPassNanos(int rows, long contextTokens) {
      return rows;
    }

    @Override
    public double draftPassNanos(int rows, long contextTokens) {
      return rows;
    }

    @Override
    public double overheadNanos(int sequences) {
      return sequences;
    }
  }
}
