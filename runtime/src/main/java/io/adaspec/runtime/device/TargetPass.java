package io.adaspec.runtime.device;

import io.adaspec.runtime.drafting.Drafts;
import io.adaspec.runtime.drafting.TextPenalties;
import io.adaspec.runtime.model.DeviceRejection;
import io.adaspec.runtime.model.ForwardBatch;
import io.adaspec.runtime.model.ModelRunner;
import io.adaspec.runtime.model.RejectionRows;
import io.adaspec.runtime.model.RowSamples;
import io.adaspec.runtime.model.RowSampling;
import io.adaspec.runtime.sampling.CoupledVerifier;
import io.adaspec.runtime.sampling.RejectionSampler;
import io.adaspec.runtime.sampling.VerifiedTokens;
import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.Verifier;
import io.adaspec.runtime.step.SequenceWork;
import io.adaspec.runtime.step.StepPlan;
import java.util.Optional;

/**
 * The one target pass of a step: prefill chunks, decodes and drafts to verify as one ragged batch,
 * then acceptance. Reused; not thread-safe.
 */
final class TargetPass {
  private final ModelRunner runner;
  private final Optional<DeviceRejection> rejection;
  private final TextPenalties penalties;
  private final RejectionRows toReject = new RejectionRows();
  private int[] firstToReject = new int[16];
  private int[] recovered = new int[64];
  private final ForwardBatch batch = new ForwardBatch();
  private final RowSampling sampling = new RowSampling();
  private final RowSamples samples = new RowSamples();
  private int[] firstLogitRows = new int[16];
  private float[] distribution = new float[0];
  private long contextReads;

  /**
   * @param rejection of the runner; where it is there, distributions stay on the device
   * @param penalties of the step's sequences
   */
  TargetPass(ModelRunner runner, Optional<DeviceRejection> rejection, TextPenalties penalties) {
    this.runner = runner;
    this.rejection = rejection;
    this.penalties = penalties;
  }

  /**
   * Computes all known and drafted rows of the step.
   *
   * @param lengths [entries] leading draft tokens to verify
   */
  void run(StepPlan plan, Drafts drafts, int[] lengths) {
    batch.clear();
    sampling.clear();
    contextReads = 0;
    if (firstLogitRows.length < lengths.length) {
      firstLogitRows = new int[lengths.length * 2];
      firstToReject = new int[lengths.length * 2];
    }
    for (int entry = 0; entry < lengths.length; entry++) {
      add(entry, plan.work().get(entry), drafts, lengths[entry]);
    }
    if (batch.rows() > runner.maxRows()) {
      throw new IllegalArgumentException(
          "the target pass has "
              + batch.rows()
              + " rows and the device takes "
              + runner.maxRows()
              + "; plan fewer prefill tokens, sequences or draft tokens");
    }
    runner.forward(batch);
    samples.ensure(batch.logitRowCount());
    runner.sample(sampling, samples);
    if (plan.verifier() == Verifier.REJECTION) {
      rejection.ifPresent(device -> rejectAll(device, plan, drafts, lengths));
    }
  }

  /** Verifies the drafts of all sampled entries where the logits are. */
  private void rejectAll(DeviceRejection device, StepPlan plan, Drafts drafts, int[] lengths) {
    toReject.clear();
    for (int entry = 0; entry < lengths.length; entry++) {
      SequenceWork sequence = plan.work().get(entry);
      firstToReject[entry] = toReject.rows();
      if (!sequence.sampling().isGreedy()) {
        long seed = sequence.sampling().seed();
        for (int i = 0; i < lengths[entry]; i++) {
          int position = sequence.tokens().size() + i;
          toReject.add(
              firstLogitRows[entry] + i,
              drafts.token(entry, i),
              drafts.proposal(entry, i),
              RejectionSampler.acceptDraw(seed, position),
              RejectionSampler.recoverDraw(seed, position));
        }
      }
    }
    if (toReject.rows() > 0) {
      if (recovered.length < toReject.rows()) {
        recovered = new int[toReject.rows() * 2];
      }
      device.verify(toReject, recovered);
    }
  }

  /** What the target keeps of an entry's draft; for entries that sample. */
  VerifiedTokens verify(
      int entry, SequenceWork sequence, Drafts drafts, int count, Verifier verifier) {
    int first = firstLogitRows[entry];
    if (verifier == Verifier.REJECTION && !sequence.sampling().isGreedy()) {
      return rejection.isPresent()
          ? rejected(entry, count)
          : reject(entry, sequence, drafts, count);
    }
    return CoupledVerifier.verify(
        index -> drafts.token(entry, index), count, samples.tokenIds(), first);
  }

  int rows() {
    return batch.rows();
  }

  /** Key/value positions read by the rows of the pass. */
  long contextReads() {
    return contextReads;
  }

  private void add(int entry, SequenceWork sequence, Drafts drafts, int verified) {
    int size = sequence.tokens().size();
    int end = sequence.computed() + sequence.rows();
    requireBlocks(sequence, end + verified);
    batch.addSequence(sequence.blockTable());
    for (int position = sequence.computed(); position < end; position++) {
      int logitRow = batch.addRow(sequence.tokens().get(position), position, position == size - 1);
      if (position == size - 1) {
        firstLogitRows[entry] = logitRow;
        addSampling(entry, sequence, drafts, 0);
      }
    }
    for (int i = 0; i < verified; i++) {
      batch.addRow(drafts.token(entry, i), size + i, true);
      addSampling(entry, sequence, drafts, i + 1);
    }
    contextReads += BatchView.contextReads(sequence.computed(), sequence.rows() + verified);
  }

  private void addSampling(int entry, SequenceWork sequence, Drafts drafts, int draftsBefore) {
    sampling.add(sequence.sampling(), sequence.tokens().size() + draftsBefore, false);
    penalties.penalise(sampling, entry, draftsBefore, drafts);
  }

  /** What the device decided. */
  private VerifiedTokens rejected(int entry, int count) {
    for (int i = 0; i < count; i++) {
      int token = recovered[firstToReject[entry] + i];
      if (token != DeviceRejection.ACCEPTED) {
        return new VerifiedTokens(i, token);
      }
    }
    return new VerifiedTokens(count, samples.tokenIds()[firstLogitRows[entry] + count]);
  }

  private VerifiedTokens reject(int entry, SequenceWork sequence, Drafts drafts, int count) {
    int vocabulary = runner.config().vocabularySize();
    if (count > 0 && distribution.length != vocabulary) {
      distribution = new float[vocabulary];
    }
    int first = firstLogitRows[entry];
    long seed = sequence.sampling().seed();
    for (int i = 0; i < count; i++) {
      int position = sequence.tokens().size() + i;
      runner.distribution(first + i, sequence.sampling(), distribution);
      int token = drafts.token(entry, i);
      float[] proposal = drafts.distribution(entry, i);
      if (!RejectionSampler.accepts(token, proposal, distribution, seed, position)) {
        int recovered = RejectionSampler.recover(token, proposal, distribution, seed, position);
        return new VerifiedTokens(i, recovered);
      }
    }
    return new VerifiedTokens(count, samples.tokenIds()[first + count]);
  }

  private void requireBlocks(SequenceWork sequence, int tokens) {
    int needed = runner.kvGeometry().blocksFor(tokens);
    if (sequence.blockTable().length < needed) {
      throw new IllegalArgumentException(
          "sequence "
              + sequence.sequence()
              + " has "
              + sequence.blockTable().length
              + " KV blocks and needs "
              + needed
              + " for "
              + tokens
              + " tokens; the plan must reserve them");
    }
  }
}
