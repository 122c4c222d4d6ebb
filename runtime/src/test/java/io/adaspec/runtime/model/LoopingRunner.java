package io.adaspec.runtime.model;

import io.adaspec.runtime.kvcache.KvGeometry;
import io.adaspec.runtime.request.SamplingParams;

/** A runner that drafts whole loops at once, by passes of another one. */
public final class LoopingRunner implements ModelRunner {
  private final ModelRunner passes;
  private final int most;
  private int loops;

  /**
   * @param most logit rows of a loop
   */
  public LoopingRunner(ModelRunner passes, int most) {
    this.passes = passes;
    this.most = most;
  }

  /** Loops so far. */
  public int loops() {
    return loops;
  }

  @Override
  public int mostDraftedAtOnce() {
    return most;
  }

  @Override
  public void forwardAndDraft(
      ForwardBatch batch, RowSampling sampling, int[] drafts, RowSamples out) {
    loops++;
    int rows = batch.logitRowCount();
    int total = 0;
    int longest = 0;
    for (int row = 0; row < rows; row++) {
      total += drafts[row];
      longest = Math.max(longest, drafts[row]);
    }
    out.ensure(total);
    RowSamples samples = new RowSamples();
    int[] last = new int[rows];
    int to = 0;
    for (int pass = 0; pass < longest; pass++) {
      RowSampling how = pass == 0 ? sampling : new RowSampling();
      ForwardBatch next = pass == 0 ? batch : new ForwardBatch();
      for (int row = 0; pass > 0 && row < rows; row++) {
        if (drafts[row] > pass) {
          int position = batch.positions()[batch.logitRows()[row]] + pass;
          next.addSequence(batch.blockTable(sequenceOf(batch, row)));
          next.addRow(last[row], position, true);
          how.add(sampling.params(row), position + 1, sampling.needsConfidence(row));
        }
      }
      passes.forward(next);
      passes.sample(how, samples);
      int at = 0;
      for (int row = 0; row < rows; row++) {
        if (drafts[row] > pass) {
          last[row] = samples.tokenIds()[at];
          out.tokenIds()[to] = samples.tokenIds()[at];
          out.confidences()[to] = samples.confidences()[at];
          out.margins()[to++] = samples.margins()[at++];
        }
      }
    }
  }

  private static int sequenceOf(ForwardBatch batch, int logitRow) {
    int sequence = 0;
    while (batch.rowOffsets()[sequence + 1] <= batch.logitRows()[logitRow]) {
      sequence++;
    }
    return sequence;
  }

  @Override
  public ModelConfig config() {
    return passes.config();
  }

  @Override
  public KvGeometry kvGeometry() {
    return passes.kvGeometry();
  }

  @Override
  public int kvBlocks() {
    return passes.kvBlocks();
  }

  @Override
  public int maxRows() {
    return passes.maxRows();
  }

  @Override
  public void forward(ForwardBatch batch) {
    passes.forward(batch);
  }

  @Override
  public void sample(RowSampling sampling, RowSamples out) {
    passes.sample(sampling, out);
  }

  @Override
  public void distribution(int logitRow, SamplingParams params, float[] out) {
    passes.distribution(logitRow, params, out);
  }

  @Override
  public void logits(int logitRow, float[] out) {
    passes.logits(logitRow, out);
  }

  @Override
  public void close() {
    passes.close();
  }
}
