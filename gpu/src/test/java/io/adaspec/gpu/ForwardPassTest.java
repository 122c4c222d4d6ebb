package io.adaspec.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.model.ForwardBatch;
import io.adaspec.runtime.model.ModelConfig;
import io.adaspec.runtime.model.ModelRunner;
import io.adaspec.runtime.model.ModelWeights;
import io.adaspec.runtime.tensor.WeightFormat;
import io.adaspec.runtime.tensor.WorkerTeam;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ForwardPassTest {
  private static final int BLOCKS = 120;
  private static final int CONTEXT = 330;

  private final CudaContext context = TestGpu.context();

  @AfterEach
  void close() {
    context.close();
  }

  @ParameterizedTest
  @EnumSource(WeightFormat.class)
  void logitsAreThoseOfTheCpuWithinTheFormatsPrecision(WeightFormat format) {
    for (ModelConfig config :
        List.of(RandomModels.config(false), RandomModels.config(true), RandomModels.headNorms())) {
      ModelWeights model = RandomModels.of(config, format, 5);
      try (WorkerTeam team = new WorkerTeam(2);
          ModelRunner cpu = TestRunners.cpu(model, team, BLOCKS);
          ModelRunner gpu = TestRunners.cuda(context, model, BLOCKS)) {
        int[] tokens = tokens(40, 7);
        List<float[]> expected = logits(cpu, tokens, new int[] {40});
        List<float[]> actual = logits(gpu, tokens, new int[] {40});
        for (int i = 0; i < tokens.length; i++) {
          assertThat(distance(expected.get(i), actual.get(i)))
              .as("%s %s, row %d", config.architecture(), format, i)
              .isLessThan(bound(format));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(WeightFormat.class)
  void logitsDoNotDependOnHowASequenceIsCutIntoPasses(WeightFormat format) {
    requireIndependenceOfPasses(RandomModels.config(false), format);
  }

  @Test
  void normedHeadsDoNotDependOnHowASequenceIsCutIntoPasses() {
    requireIndependenceOfPasses(RandomModels.headNorms(), WeightFormat.BF16);
  }

  private void requireIndependenceOfPasses(ModelConfig config, WeightFormat format) {
    ModelWeights model = RandomModels.of(config, format, 6);
    try (ModelRunner gpu = TestRunners.cuda(context, model, BLOCKS)) {
      int[] tokens = tokens(CONTEXT, 8);
      List<float[]> whole = logits(gpu, tokens, new int[] {300, 30});
      List<float[]> cut = logits(gpu, tokens, new int[] {1, 5, 17, 64, 3, 33, 70, 1, 136});
      for (int i = 0; i < tokens.length; i++) {
        assertThat(cut.get(i)).as("row %d", i).isEqualTo(whole.get(i));
      }
    }
  }

  /**
   * Matrices as deep as real ones: every class of chunks is a chain, in narrow and wide kernels.
   */
  @ParameterizedTest
  @EnumSource(WeightFormat.class)
  void wideModelsKeepBothPromises(WeightFormat format) {
    ModelWeights model = RandomModels.of(RandomModels.wide(), format, 9);
    int[] tokens = tokens(263, 10);
    try (WorkerTeam team = new WorkerTeam(2);
        ModelRunner cpu = TestRunners.cpu(model, team, BLOCKS);
        ModelRunner gpu = TestRunners.cuda(context, model, BLOCKS)) {
      List<float[]> whole = logits(gpu, tokens, new int[] {263});
      List<float[]> cut = logits(gpu, tokens, new int[] {1, 12, 50, 100, 31, 5, 64});
      for (int i = 0; i < tokens.length; i++) {
        assertThat(cut.get(i)).as("row %d", i).isEqualTo(whole.get(i));
      }
      List<float[]> expected = logits(cpu, Arrays.copyOf(tokens, 20), new int[] {20});
      for (int i = 0; i < expected.size(); i++) {
        assertThat(distance(expected.get(i), whole.get(i)))
            .as("%s, row %d", format, i)
            .isLessThan(bound(format));
      }
    }
  }

  static double bound(WeightFormat format) {
    return switch (format) {
      case F32 -> 2e-4;
      case F16, Q8_0, Q4_0 -> 1.5e-2;
      case BF16 -> 1e-1;
    };
  }

  /** Logits of every token, computed in chunks of the given sizes. */
  private static List<float[]> logits(ModelRunner runner, int[] tokens, int[] chunks) {
    int[] table = new int[runner.kvGeometry().blocksFor(CONTEXT)];
    Arrays.setAll(table, i -> (i * 37 + 5) % BLOCKS);
    List<float[]> all = new ArrayList<>();
    ForwardBatch batch = new ForwardBatch();
    int at = 0;
    for (int chunk : chunks) {
      batch.clear();
      batch.addSequence(table);
      for (int i = at; i < at + chunk; i++) {
        batch.addRow(tokens[i], i, true);
      }
      at += chunk;
      runner.forward(batch);
      for (int i = 0; i < chunk; i++) {
        all.add(TestRunners.logits(runner, i));
      }
    }
    return all;
  }

  private static int[] tokens(int count, long seed) {
    return new SplittableRandom(seed).ints(count, 0, 300).toArray();
  }

  /** Largest difference relative to the spread of the expected logits. */
  static double distance(float[] expected, float[] actual) {
    double largest = 0;
    double squares = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs((double) expected[i] - actual[i]));
      squares += (double) expected[i] * expected[i];
    }
    return largest / Math.sqrt(squares / expected.length);
  }
}
