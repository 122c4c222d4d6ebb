package io.adaspec.benchmarks.models;

import io.adaspec.runtime.device.cpu.CpuModelRunner;
import io.adaspec.runtime.kvcache.KvGeometry;
import io.adaspec.runtime.model.ForwardBatch;
import io.adaspec.runtime.model.ModelConfig;
import io.adaspec.runtime.model.ModelRunner;
import io.adaspec.runtime.model.ModelWeights;
import io.adaspec.runtime.model.RowSamples;
import io.adaspec.runtime.model.RowSampling;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.tensor.Kernels;
import io.adaspec.runtime.tensor.WorkerTeam;
import java.util.Arrays;

/**
 * Counts how many of a draft model's tokens a target accepts, both greedy, by decoding alone: the
 * target's text is written first, then the draft proposes at every place that speculation would
 * have reached.
 */
final class GreedyPair {
  /**
   * What was counted.
   *
   * @param drafted proposed tokens
   * @param accepted those that the target would have written
   * @param distinct different tokens in the target's text
   */
  record Acceptance(int drafted, int accepted, int distinct) {
    double rate() {
      return (double) accepted / drafted;
    }
  }

  private final WorkerTeam team;
  private final ForwardBatch batch = new ForwardBatch();
  private final RowSampling sampling = new RowSampling();
  private final RowSamples samples = new RowSamples();

  /**
   * @param team computes; stays the caller's
   */
  GreedyPair(WorkerTeam team) {
    this.team = team;
  }

  /** Counts over {@code outputs} tokens after a prompt, {@code draftLength} drafts at a time. */
  Acceptance measure(
      ModelWeights target, ModelWeights draft, int[] prompt, int outputs, int draftLength) {
    int[] text = Arrays.copyOf(prompt, prompt.length + outputs);
    try (ModelRunner runner = runner(target, text.length)) {
      write(runner, text, 0, prompt.length, text.length);
    }
    int drafted = 0;
    int accepted = 0;
    try (ModelRunner runner = runner(draft, text.length)) {
      int at = prompt.length;
      int computed = 0;
      while (at + draftLength < text.length) {
        int[] proposal = Arrays.copyOf(text, at + draftLength);
        write(runner, proposal, computed, at, at + draftLength);
        int kept = 0;
        while (kept < draftLength && proposal[at + kept] == text[at + kept]) {
          kept++;
        }
        drafted += draftLength;
        accepted += kept;
        computed = Math.min(at + kept, at + draftLength - 1);
        at += kept + 1;
      }
    }
    int distinct = (int) Arrays.stream(text).skip(prompt.length).distinct().count();
    return new Acceptance(drafted, accepted, distinct);
  }

  /** Fills {@code tokens[from..to)}, given those before; {@code computed} of them are in KV. */
  private void write(ModelRunner runner, int[] tokens, int computed, int from, int to) {
    int[] table = new int[runner.kvBlocks()];
    Arrays.setAll(table, i -> i);
    int done = computed;
    for (int next = from; next < to; next++) {
      batch.clear();
      sampling.clear();
      batch.addSequence(table);
      for (; done < next; done++) {
        batch.addRow(tokens[done], done, done == next - 1);
      }
      sampling.add(SamplingParams.greedy(), next, false);
      runner.forward(batch);
      runner.sample(sampling, samples);
      tokens[next] = samples.tokenIds()[0];
    }
  }

  private ModelRunner runner(ModelWeights model, int tokens) {
    ModelConfig config = model.config();
    KvGeometry geometry =
        new KvGeometry(
            config.layers(), config.kvHeads(), config.headSize(), 16, KvGeometry.ElementType.F32);
    return new CpuModelRunner(
        model, geometry, geometry.blocksFor(tokens), tokens, Kernels.best(), team);
  }
}
