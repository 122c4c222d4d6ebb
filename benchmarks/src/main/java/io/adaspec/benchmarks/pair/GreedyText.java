package io.adaspec.benchmarks.pair;

import io.adaspec.runtime.device.cpu.CpuModelRunner;
import io.adaspec.runtime.kvcache.KvGeometry;
import io.adaspec.runtime.model.ForwardBatch;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.model.ModelConfig;
import io.adaspec.runtime.model.ModelRunner;
import io.adaspec.runtime.tensor.Kernels;
import io.adaspec.runtime.tensor.WorkerTeam;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Greedy decoding on the bare CPU device that keeps the logits of every output position. */
final class GreedyText implements AutoCloseable {
  private static final int BLOCK_TOKENS = 16;

  /**
   * One output position.
   *
   * @param token the most likely one
   * @param logits [vocabulary]
   */
  @SuppressWarnings("ArrayRecordComponent") // read at once, never compared
  record Position(int token, float[] logits) {}

  private final WorkerTeam team = new WorkerTeam(Runtime.getRuntime().availableProcessors());
  private final ModelRunner runner;

  GreedyText(LoadedModel model) {
    ModelConfig config = model.config();
    KvGeometry geometry =
        new KvGeometry(
            config.layers(),
            config.kvHeads(),
            config.headSize(),
            BLOCK_TOKENS,
            KvGeometry.ElementType.F32);
    int blocks = geometry.blocksFor(config.contextTokens());
    this.runner =
        new CpuModelRunner(
            model.forDevice(), geometry, blocks, config.contextTokens(), Kernels.best(), team);
  }

  /** The positions behind a prompt. */
  List<Position> after(int[] prompt, int outputTokens) {
    int[] table = new int[runner.kvBlocks()];
    Arrays.setAll(table, i -> i);
    List<Position> positions = new ArrayList<>();
    ForwardBatch batch = new ForwardBatch();
    int[] next = prompt;
    int known = 0;
    while (positions.size() < outputTokens) {
      batch.clear();
      batch.addSequence(table);
      for (int i = 0; i < next.length; i++) {
        batch.addRow(next[i], known++, i == next.length - 1);
      }
      runner.forward(batch);
      float[] logits = new float[runner.config().vocabularySize()];
      runner.logits(0, logits);
      positions.add(new Position(best(logits), logits));
      next = new int[] {positions.getLast().token()};
    }
    return positions;
  }

  private static int best(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }

  @Override
  public void close() {
    runner.close();
    team.close();
  }
}
