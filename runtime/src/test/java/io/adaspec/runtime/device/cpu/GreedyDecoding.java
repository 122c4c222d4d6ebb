package io.adaspec.runtime.device.cpu;

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

/** Bare runners on the CPU, and one sequence decoded greedily, its prompt cut into chunks. */
final class GreedyDecoding {
  private GreedyDecoding() {}

  /** A runner with room for a whole context, and at least 16 KV blocks. */
  static ModelRunner runner(ModelWeights model, Kernels kernels, WorkerTeam team) {
    ModelConfig config = model.config();
    KvGeometry geometry =
        new KvGeometry(
            config.layers(), config.kvHeads(), config.headSize(), 16, KvGeometry.ElementType.F32);
    int blocks = Math.max(16, geometry.blocksFor(config.contextTokens()));
    return new CpuModelRunner(model, geometry, blocks, 64, kernels, team);
  }

  /** Output tokens after {@code prompt}. */
  static int[] decode(ModelRunner runner, int[] prompt, int outputTokens, int chunk) {
    int blocks = runner.kvGeometry().blocksFor(runner.config().contextTokens());
    int[] table = new int[blocks];
    Arrays.setAll(table, i -> blocks - 1 - i);
    int[] tokens = Arrays.copyOf(prompt, prompt.length + outputTokens);
    ForwardBatch batch = new ForwardBatch();
    RowSampling sampling = new RowSampling();
    RowSamples samples = new RowSamples();
    int known = prompt.length;
    int computed = 0;
    while (known < tokens.length) {
      batch.clear();
      batch.addSequence(table);
      int end = Math.min(known, computed + chunk);
      for (int i = computed; i < end; i++) {
        batch.addRow(tokens[i], i, i == known - 1);
      }
      runner.forward(batch);
      computed = end;
      if (computed == known) {
        sampling.clear();
        sampling.add(SamplingParams.greedy(), known);
        runner.sample(sampling, samples);
        tokens[known++] = samples.tokenIds()[0];
      }
    }
    return Arrays.copyOfRange(tokens, prompt.length, tokens.length);
  }
}
