package io.adaspec.runtime.device.roofline;

import io.adaspec.runtime.device.Device;
import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.Strategies;
import io.adaspec.runtime.speculation.Verifier;
import io.adaspec.runtime.step.SequenceResult;
import io.adaspec.runtime.step.SequenceWork;
import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.step.StepResult;
import io.adaspec.runtime.step.TokenHistory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Sequences that a measurement makes up, each in KV blocks of its own, and the steps that advance
 * them.
 */
final class MadeSteps {
  private static final CostModel UNKNOWN = new Unknown();

  private final Device device;
  private final List<Made> sequences = new ArrayList<>();
  private long steps;

  /** One sequence as it is known to whoever plans. */
  private static final class Made {
    private final int[] tokens;
    private final int[] blocks;
    private int known;
    private int computed;
    private int draftComputed;

    Made(int[] tokens, int known, int computed, int[] blocks) {
      this.tokens = tokens;
      this.known = known;
      this.computed = computed;
      this.blocks = blocks;
    }
  }

  /**
   * @param count sequences
   * @param known tokens of each
   * @param computed how many of them count as computed, whatever their KV blocks hold
   * @param most tokens that each may come to have
   */
  MadeSteps(Device device, int count, int known, int computed, int most) {
    this.device = device;
    DeviceInfo info = device.info();
    int blocks = Math.ceilDiv(most, info.blockTokens());
    if ((long) blocks * count > info.kvBlocks()) {
      throw new IllegalArgumentException(
          count
              + " sequences of "
              + most
              + " tokens need "
              + (long) blocks * count
              + " KV blocks, there are "
              + info.kvBlocks());
    }
    for (int i = 0; i < count; i++) {
      int[] tokens = new int[most];
      int first = i * 37;
      Arrays.setAll(tokens, at -> (first + at) % info.vocabularySize());
      int[] table = new int[blocks];
      int firstBlock = i * blocks;
      Arrays.setAll(table, at -> firstBlock + at);
      sequences.add(new Made(tokens, known, computed, table));
    }
  }

  /** A step that is forgotten: the next one starts where this one did. */
  StepResult repeat() {
    return device.execute(plan(0));
  }

  /** A step whose tokens are kept. */
  StepResult advance(int draftTokens) {
    StepResult result = device.execute(plan(draftTokens));
    for (int i = 0; i < sequences.size(); i++) {
      Made sequence = sequences.get(i);
      SequenceResult one = result.sequences().get(i);
      for (int token : one.emitted()) {
        sequence.tokens[sequence.known++] = token;
      }
      sequence.computed = one.computed();
      sequence.draftComputed = one.draftComputed();
    }
    return result;
  }

  private StepPlan plan(int draftTokens) {
    List<SequenceWork> work = new ArrayList<>();
    List<BatchView.Entry> view = new ArrayList<>();
    boolean drafts = draftTokens > 0;
    for (int i = 0; i < sequences.size(); i++) {
      Made sequence = sequences.get(i);
      int rows = sequence.known - sequence.computed;
      work.add(
          new SequenceWork(
              i,
              new TokenHistory(sequence.tokens, sequence.known),
              sequence.computed,
              rows,
              sequence.blocks,
              SamplingParams.greedy(),
              drafts ? DrafterKind.MODEL : DrafterKind.NONE,
              draftTokens,
              sequence.draftComputed,
              drafts ? sequence.blocks : new int[0]));
      view.add(
          new BatchView.Entry(
              i,
              sequence.computed,
              rows,
              true,
              draftTokens,
              sequence.known - sequence.draftComputed,
              1,
              ServiceClass.STANDARD,
              SloTarget.none(),
              0,
              Double.NaN));
    }
    return new StepPlan(
        steps++,
        work,
        new BatchView(view),
        Strategies.parse(drafts ? "fixed:" + draftTokens : "off"),
        UNKNOWN,
        Verifier.COUPLED);
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
