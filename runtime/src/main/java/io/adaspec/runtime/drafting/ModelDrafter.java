package io.adaspec.runtime.drafting;

import io.adaspec.runtime.model.DeviceRejection;
import io.adaspec.runtime.model.ForwardBatch;
import io.adaspec.runtime.model.ModelRunner;
import io.adaspec.runtime.model.RowSamples;
import io.adaspec.runtime.model.RowSampling;
import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.step.SequenceWork;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Drafts with a small model of the target's vocabulary, one token of every active entry per pass,
 * drawn with the target's transforms and noise.
 *
 * <p>The first pass also computes the known tokens that the draft KV lacks (after plain steps, a
 * bonus token or preemption), entries that lack least first, within the runner's rows. An entry
 * that is not caught up then drafts nothing in this step, but keeps what was computed. Positions of
 * the draft model count from the first token that it reads; noise goes by the place in the text.
 */
public final class ModelDrafter implements Drafter {
  private final ModelRunner runner;
  private final Optional<DeviceRejection> rejection;
  private final TextPenalties penalties;
  private final ForwardBatch batch = new ForwardBatch();
  private final RowSampling sampling = new RowSampling();
  private final RowSamples samples = new RowSamples();
  private List<SequenceWork> work = List.of();
  private boolean needsConfidence;
  private int[] computed = new int[16];
  private int[] logitEntries = new int[16];
  private long[] byLag = new long[16];
  private int passes;
  private int rows;
  private long contextReads;

  /**
   * @param rejection keeps distributions where it is there; else they are read
   * @param penalties of the step's sequences, which begins a step before this drafter does
   */
  public ModelDrafter(
      ModelRunner runner, Optional<DeviceRejection> rejection, TextPenalties penalties) {
    this.runner = runner;
    this.rejection = rejection;
    this.penalties = penalties;
  }

  @Override
  public DrafterKind kind() {
    return DrafterKind.MODEL;
  }

  /** Whether the drafts of the coming steps need a confidence; without it they carry NaN. */
  public void needsConfidence(boolean needed) {
    needsConfidence = needed;
  }

  @Override
  public void begin(List<SequenceWork> newWork) {
    work = newWork;
    passes = 0;
    rows = 0;
    contextReads = 0;
    if (computed.length < work.size()) {
      computed = new int[work.size() * 2];
      logitEntries = new int[work.size() * 2];
      byLag = new long[work.size() * 2];
    }
    for (int entry = 0; entry < work.size(); entry++) {
      computed[entry] = work.get(entry).draftComputed();
    }
  }

  @Override
  public void pass(boolean[] active, Drafts drafts) {
    collect(active, drafts);
    run(drafts);
  }

  private void run(Drafts drafts) {
    if (batch.rows() == 0) {
      return;
    }
    runner.forward(batch);
    passes++;
    rows += batch.rows();
    samples.ensure(batch.logitRowCount());
    runner.sample(sampling, samples);
    for (int row = 0; row < batch.logitRowCount(); row++) {
      drafts.append(
          logitEntries[row],
          samples.tokenIds()[row],
          samples.confidences()[row],
          samples.margins()[row]);
    }
    if (drafts.keepsDistributions() && batch.logitRowCount() > 0) {
      keepDistributions(drafts);
    }
  }

  private void keepDistributions(Drafts drafts) {
    int rowsSampled = batch.logitRowCount();
    int first = rejection.map(device -> device.keep(rowsSampled)).orElse(0);
    for (int row = 0; row < rowsSampled; row++) {
      int entry = logitEntries[row];
      if (rejection.isPresent()) {
        drafts.attachProposal(entry, first + row);
      } else if (!work.get(entry).sampling().isGreedy()) {
        float[] out = drafts.attachDistribution(entry, runner.config().vocabularySize());
        runner.distribution(row, work.get(entry).sampling(), out);
      }
    }
  }

  private void collect(boolean[] active, Drafts drafts) {
    batch.clear();
    sampling.clear();
    int candidates = 0;
    for (int entry = 0; entry < work.size(); entry++) {
      if (active[entry]) {
        byLag[candidates++] = ((long) lag(entry, drafts) << 32) | entry;
      }
    }
    Arrays.sort(byLag, 0, candidates);
    for (int i = 0; i < candidates && batch.rows() < runner.maxRows(); i++) {
      addRows((int) byLag[i], drafts);
    }
  }

  /**
   * Whether {@link #draftAll} is there for these entries; distributions are kept pass by pass, and
   * penalties depend on what was drafted.
   */
  public boolean draftsAtOnce(Drafts drafts) {
    return work.size() <= runner.mostDraftedAtOnce()
        && !drafts.keepsDistributions()
        && !penalties.any();
  }

  /**
   * Drafts every active entry up to its cap, as that many calls of {@link #pass} would, in one go
   * of the device.
   */
  public void draftAll(boolean[] active, Drafts drafts) {
    collect(active, drafts);
    int logitRows = batch.logitRowCount();
    if (logitRows == 0) {
      run(drafts);
      return;
    }
    int[] caps = new int[logitRows];
    int most = 0;
    int samplesLeft = 0;
    for (int row = 0; row < logitRows; row++) {
      SequenceWork sequence = work.get(logitEntries[row]);
      caps[row] = sequence.draftCap();
      requireBlocks(sequence, sequence.tokens().size() + caps[row] - 1);
      most = Math.max(most, caps[row]);
      samplesLeft += caps[row];
    }
    samples.ensure(samplesLeft);
    runner.forwardAndDraft(batch, sampling, caps, samples);
    passes++;
    rows += batch.rows();
    int at = 0;
    for (int pass = 0; pass < most; pass++) {
      for (int row = 0; row < logitRows; row++) {
        if (caps[row] > pass) {
          keep(logitEntries[row], pass, at++, drafts);
        }
      }
    }
    passes += most - 1;
  }

  /** Takes in the sample of an entry in a pass of {@link #draftAll}. */
  private void keep(int entry, int pass, int sample, Drafts drafts) {
    drafts.append(
        entry,
        samples.tokenIds()[sample],
        samples.confidences()[sample],
        samples.margins()[sample]);
    if (pass > 0) {
      int position = work.get(entry).tokens().size() + pass - 1;
      rows++;
      contextReads += BatchView.contextReads(work.get(entry).draftPosition(position), 1);
      computed[entry] = position + 1;
    }
  }

  /**
   * Tokens whose draft KV is valid once {@code accepted} draft tokens are known tokens: the last
   * draft token was never computed, and what follows the accepted ones is not part of the text.
   */
  public int computedAfter(int entry, int accepted) {
    return Math.min(computed[entry], work.get(entry).tokens().size() + accepted);
  }

  public int passes() {
    return passes;
  }

  /** Rows over all passes of the step. */
  public int rows() {
    return rows;
  }

  /** Key/value positions read by them. */
  public long contextReads() {
    return contextReads;
  }

  /** Tokens to compute before the next one can be drawn; the last one always, for its logits. */
  private int lag(int entry, Drafts drafts) {
    int known = work.get(entry).tokens().size() + drafts.count(entry);
    return known - Math.min(computed[entry], known - 1);
  }

  private void addRows(int entry, Drafts drafts) {
    SequenceWork sequence = work.get(entry);
    int size = sequence.tokens().size();
    int lag = lag(entry, drafts);
    int start = size + drafts.count(entry) - lag;
    int count = Math.min(lag, runner.maxRows() - batch.rows());
    requireBlocks(sequence, start + count);
    batch.addSequence(sequence.draftBlockTable());
    for (int position = start; position < start + count; position++) {
      int token =
          position < size ? sequence.tokens().get(position) : drafts.token(entry, position - size);
      boolean last = position == start + lag - 1;
      int logitRow = batch.addRow(token, sequence.draftPosition(position), last);
      if (last) {
        logitEntries[logitRow] = entry;
        sampling.add(sequence.sampling(), position + 1, needsConfidence);
        penalties.penalise(sampling, entry, drafts.count(entry), drafts);
      }
    }
    contextReads += BatchView.contextReads(sequence.draftPosition(start), count);
    computed[entry] = start + count;
  }

  private void requireBlocks(SequenceWork sequence, int tokens) {
    int needed = runner.kvGeometry().blocksFor(sequence.draftPosition(tokens));
    if (sequence.draftBlockTable().length < needed) {
      throw new IllegalArgumentException(
          "sequence "
              + sequence.sequence()
              + " has "
              + sequence.draftBlockTable().length
              + " draft KV blocks and needs "
              + needed
              + " to draft at position "
              + tokens
              + "; the plan must reserve them");
    }
  }
}
