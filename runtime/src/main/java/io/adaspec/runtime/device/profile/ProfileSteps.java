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
 * Runs made-up steps on a device. All sequences have the same text before the step, in the same
 * blocks, whose KV is computed first: memory that was never written may hold anything. What a step
 * computes goes to a block of each sequence's own.
 */
final class ProfileSteps {
  private static final SpeculationStrategy ONE_DRAFT = Strategies.parse("fixed:1");
  private static final CostModel UNKNOWN = new Unknown();
  private static final int MOST_OWN = 64;

  private final Device device;
  private final DeviceInfo info;
  private final int firstOwn;
  private final int own;
  private final int[] tokens;
  private final int[] shared;
  private int filled;
  private int draftFilled;
  private long steps;

  /**
   * @param firstBlock first of the KV blocks, of target and draft alike, that may be overwritten
   * @param blocks how many
   */
  ProfileSteps(Device device, int firstBlock, int blocks) {
    this.device = device;
    this.info = device.info();
    this.own = Math.max(1, Math.min(MOST_OWN, blocks / 2));
    this.firstOwn = firstBlock + blocks - own;
    int wholeContext = Math.toIntExact(Math.ceilDiv(info.contextTokens() + 1L, info.blockTokens()));
    this.shared = new int[Math.min(blocks - own, wholeContext)];
    Arrays.setAll(shared, i -> firstBlock + i);
    long held = (shared.length + 1L) * info.blockTokens();
    this.tokens = new int[Math.toIntExact(Math.min(info.contextTokens() + 1L, held))];
    Arrays.setAll(tokens, i -> (int) ((i * 7L + 3) % info.vocabularySize()));
  }

  /** The most sequences of a step. */
  int mostSequences() {
    return own;
  }

  /** The longest sequence, draft token included. */
  int capacityTokens() {
    int most = (int) Math.min(info.contextTokens(), (long) shared.length * info.blockTokens());
    return info.hasDraftModel() ? Math.min(most, info.draftContextTokens()) : most;
  }

  /** Tokens whose KV is computed, for target and draft alike. */
  int filledTokens() {
    return info.hasDraftModel() ? draftFilled : filled;
  }

  /** Tokens whose KV the target has computed. */
  int targetTokens() {
    return filled;
  }

  /** Computes the KV of the next tokens of the target. */
  StepTiming fill(int rows) {
    int count = Math.min(rows, capacityTokens() - 1 - filled);
    StepTiming timing = run(new ProfilePoint(1, count, filled, false));
    filled += count;
    return timing;
  }

  /** Lets the draft model compute what the target has, as many rows as it takes at once. */
  StepTiming fillDraft() {
    StepTiming timing = run(new ProfilePoint(1, 1, filled - 1, true));
    draftFilled = Math.min(filled, draftFilled + info.maxRows());
    return timing;
  }

  /** Executes a point once. */
  StepTiming run(ProfilePoint point) {
    List<SequenceWork> work = new ArrayList<>();
    List<BatchView.Entry> view = new ArrayList<>();
    int cap = point.drafts() ? 1 : 0;
    for (int sequence = 0; sequence < point.sequences(); sequence++) {
      int known = point.contextTokens() + point.rows();
      int[] table = point.sequences() == 1 ? shared : table(sequence, point.contextTokens());
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
              point.drafts() ? Math.min(known - 1, draftFilled) : 0,
              point.drafts() ? table : new int[0]));
      view.add(
          new BatchView.Entry(
              sequence,
              point.contextTokens(),
              point.rows(),
              true,
              cap,
              known - work.getLast().draftComputed(),
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

  /** The shared blocks up to a context that fills them, then the sequence's own. */
  private int[] table(int sequence, int contextTokens) {
    int[] table = Arrays.copyOf(shared, contextTokens / info.blockTokens() + 1);
    table[table.length - 1] = firstOwn + sequence;
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
