package io.adaspec.runtime.device.sim;

import io.adaspec.runtime.device.DeviceException;
import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.SurvivalTable;
import io.adaspec.runtime.step.SequenceResult;
import io.adaspec.runtime.step.SequenceWork;
import io.adaspec.runtime.step.StepPlan;
import java.util.Arrays;
import java.util.List;

/** One draft/verify cycle over simulated models. */
final class SimulatedStep {
  /** Tokens that a lookup matched. */
  private static final float LOOKUP_MATCH = 3;

  private final long execution;
  private final StepPlan plan;
  private final List<SequenceWork> work;
  private final SimulatedLanguage language;
  private final DraftModel draftModel;
  private final SimulatedKv targetKv;
  private final SimulatedKv draftKv;
  private final SurvivalTable survival;
  private final int[][] drafts;
  private final long[] draftText;
  private final long[] draftRead;
  private final long[] requests;
  private final int[] draftComputed;
  private final int[] passRows;
  private final long[] passReads;
  private int passes;
  private int targetRows;
  private long targetContextReads;

  SimulatedStep(
      long execution,
      StepPlan plan,
      SimulatedLanguage language,
      DraftModel draftModel,
      SimulatedKv targetKv,
      SimulatedKv draftKv) {
    this.execution = execution;
    this.plan = plan;
    this.work = plan.work();
    this.language = language;
    this.draftModel = draftModel;
    this.targetKv = targetKv;
    this.draftKv = draftKv;
    int longest = work.stream().mapToInt(SequenceWork::draftCap).max().orElse(0);
    this.survival = new SurvivalTable(work.size(), longest);
    this.drafts = new int[work.size()][];
    this.draftText = new long[work.size()];
    this.draftRead = new long[work.size()];
    this.requests = new long[work.size()];
    this.draftComputed = new int[work.size()];
    this.passRows = new int[longest + 1];
    this.passReads = new long[longest + 1];
  }

  void audit() {
    for (SequenceWork sequence : work) {
      targetKv.audit(sequence.blockTable(), sequence.tokens(), 0, sequence.computed());
      if (sequence.draftCap() > 0 && sequence.drafter() == DrafterKind.MODEL) {
        draftKv.audit(
            sequence.draftBlockTable(),
            sequence.tokens(),
            sequence.draftStart(),
            sequence.draftComputed());
      }
    }
  }

  /**
   * All drafts: n-grams at once, then draft passes with the strategy asked between them.
   *
   * @param maxRows most rows of a draft pass; who needs more to catch up drafts in a later step
   */
  void draft(int maxRows) {
    boolean[] active = new boolean[work.size()];
    boolean any = begin(active, maxRows);
    if (!any && passRows[0] > 0) {
      passes = 1;
    }
    while (any) {
      for (int entry = 0; entry < work.size(); entry++) {
        if (active[entry]) {
          draftToken(entry);
        }
      }
      any = false;
      boolean[] on = plan.strategy().continueDrafting(plan.batch(), survival, plan.cost());
      for (int entry = 0; entry < work.size(); entry++) {
        active[entry] &= on[entry] && survival.drafted(entry) < work.get(entry).draftCap();
        any |= active[entry];
      }
      passes++;
    }
  }

  /** Looks n-grams up and lets the draft model catch up, those first who lag least. */
  private boolean begin(boolean[] active, int maxRows) {
    long[] byLag = new long[work.size()];
    int candidates = 0;
    for (int entry = 0; entry < work.size(); entry++) {
      SequenceWork sequence = work.get(entry);
      drafts[entry] = new int[sequence.draftCap()];
      draftComputed[entry] = sequence.draftComputed();
      if (sequence.draftCap() > 0) {
        requests[entry] = language.request(sequence.tokens(), sequence.sampling());
        if (sequence.drafter() == DrafterKind.MODEL) {
          byLag[candidates++] = (long) lag(sequence) << 32 | entry;
        } else {
          lookUp(entry);
        }
      }
    }
    Arrays.sort(byLag, 0, candidates);
    for (int i = 0; i < candidates && passRows[0] < maxRows; i++) {
      active[(int) byLag[i]] = catchUp((int) byLag[i], maxRows - passRows[0]);
    }
    return candidates > 0 && active[(int) byLag[0]];
  }

  private static int lag(SequenceWork sequence) {
    int known = sequence.tokens().size();
    return known - Math.min(sequence.draftComputed(), known - 1);
  }

  private void lookUp(int entry) {
    SequenceWork sequence = work.get(entry);
    survival.markFreeOfPasses(entry);
    draftText[entry] = wholeText(sequence);
    int found = language.hasLookup(draftText[entry]) ? sequence.draftCap() : 0;
    for (int i = 0; i < found; i++) {
      draftToken(entry);
    }
  }

  /** Computes at most {@code rows} known tokens; returns whether none is left. */
  private boolean catchUp(int entry, int rows) {
    SequenceWork sequence = work.get(entry);
    int known = sequence.tokens().size();
    int from = known - lag(sequence);
    int end = Math.min(known, from + rows);
    draftRead[entry] =
        compute(draftKv, sequence.draftBlockTable(), entry, sequence.draftStart(), from, end);
    draftText[entry] = sequence.draftStart() == 0 ? draftRead[entry] : wholeText(sequence);
    draftComputed[entry] = end;
    passRows[0] += end - from;
    passReads[0] += BatchView.contextReads(sequence.draftPosition(from), end - from);
    return end == known;
  }

  /** Hash of all known tokens, by what the target has computed of them. */
  private long wholeText(SequenceWork sequence) {
    long text = targetKv.before(sequence.blockTable(), sequence.computed());
    for (int index = sequence.computed(); index < sequence.tokens().size(); index++) {
      text = SimulatedKv.after(text, sequence.tokens().get(index));
    }
    return text;
  }

  /**
   * Computes known tokens; returns the hash of the text up to {@code end}.
   *
   * @param start the token at position 0
   */
  private long compute(SimulatedKv kv, int[] table, int entry, int start, int from, int end) {
    long text = kv.before(table, from - start);
    for (int index = from; index < end; index++) {
      text = SimulatedKv.after(text, work.get(entry).tokens().get(index));
      kv.write(table, index - start, text, writer(entry));
    }
    return text;
  }

  private void draftToken(int entry) {
    SequenceWork sequence = work.get(entry);
    int count = survival.drafted(entry);
    if (count > 0) {
      computeDraftToken(entry, drafts[entry][count - 1]);
    }
    DraftModel.Guess guess =
        draftModel.guess(requests[entry], draftText[entry], sequence.tokens().size() + count);
    boolean model = sequence.drafter() == DrafterKind.MODEL;
    if (model && sequence.draftStart() > 0) {
      guess = guess.having(sequence.draftPosition(draftComputed[entry]), draftText[entry]);
    }
    drafts[entry][count] =
        language.draftToken(draftText[entry], sequence.sampling(), guess.right());
    float confidence = model ? guess.confidence() : 1;
    append(entry, confidence, model ? SimulatedLanguage.margin(confidence) : LOOKUP_MATCH);
  }

  private void append(int entry, float confidence, float margin) {
    int position = survival.drafted(entry);
    DrafterKind drafter = work.get(entry).drafter();
    BatchView.Entry view = plan.batch().get(entry);
    survival.append(
        entry,
        confidence,
        margin,
        plan.strategy().acceptance(view, drafter, position, confidence, margin));
  }

  private void computeDraftToken(int entry, int token) {
    SequenceWork sequence = work.get(entry);
    draftText[entry] = SimulatedKv.after(draftText[entry], token);
    if (sequence.drafter() == DrafterKind.MODEL) {
      draftRead[entry] = SimulatedKv.after(draftRead[entry], token);
      int position = sequence.draftPosition(draftComputed[entry]++);
      draftKv.write(sequence.draftBlockTable(), position, draftRead[entry], writer(entry));
      passRows[passes]++;
      passReads[passes] += position + 1;
    }
  }

  SurvivalTable survival() {
    return survival;
  }

  /** The target pass over one sequence: known tokens, then the chosen draft tokens. */
  SequenceResult verify(int entry, int verified) {
    SequenceWork sequence = work.get(entry);
    if (verified < 0 || verified > survival.drafted(entry)) {
      throw DeviceException.permanentFailure(
          "strategy "
              + plan.strategy().spec()
              + " selects "
              + verified
              + " of "
              + survival.drafted(entry)
              + " draft tokens");
    }
    int end = sequence.computed() + sequence.rows();
    long text = compute(targetKv, sequence.blockTable(), entry, 0, sequence.computed(), end);
    targetRows += sequence.rows() + verified;
    targetContextReads += BatchView.contextReads(sequence.computed(), sequence.rows() + verified);
    if (!sequence.samples()) {
      return result(entry, end, new int[0], 0, 0);
    }
    int[] emitted = new int[verified + 1];
    int accepted = 0;
    emitted[0] = language.targetToken(text, sequence.sampling());
    boolean matching = true;
    for (int i = 0; i < verified; i++) {
      matching &= drafts[entry][i] == emitted[accepted];
      text = SimulatedKv.after(text, drafts[entry][i]);
      targetKv.write(sequence.blockTable(), end + i, text, writer(entry));
      if (matching) {
        emitted[++accepted] = language.targetToken(text, sequence.sampling());
      }
    }
    return result(entry, end + accepted, Arrays.copyOf(emitted, accepted + 1), verified, accepted);
  }

  private SequenceResult result(
      int entry, int computed, int[] emitted, int verified, int accepted) {
    SequenceWork sequence = work.get(entry);
    int drafted = survival.drafted(entry);
    float[] confidences = new float[drafted];
    float[] margins = new float[drafted];
    for (int i = 0; i < drafted; i++) {
      confidences[i] = survival.confidence(entry, i);
      margins[i] = survival.margin(entry, i);
    }
    return new SequenceResult(
        sequence.sequence(),
        computed,
        Math.min(draftComputed[entry], sequence.tokens().size() + accepted),
        emitted,
        drafted,
        verified,
        accepted,
        confidences,
        margins);
  }

  private long writer(int entry) {
    return execution << 16 | entry;
  }

  double draftNanos(CostModel cost) {
    double nanos = 0;
    for (int pass = 0; pass < passes; pass++) {
      nanos += cost.draftPassNanos(passRows[pass], passReads[pass]);
    }
    return nanos;
  }

  int entries() {
    return work.size();
  }

  int draftPasses() {
    return draftRows() == 0 ? 0 : passes;
  }

  int draftRows() {
    return Arrays.stream(passRows).sum();
  }

  long draftContextReads() {
    return Arrays.stream(passReads).sum();
  }

  int targetRows() {
    return targetRows;
  }

  long targetContextReads() {
    return targetContextReads;
  }
}
