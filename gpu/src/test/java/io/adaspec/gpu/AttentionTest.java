package io.adaspec.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.adaspec.runtime.model.ForwardBatch;
import io.adaspec.runtime.model.ModelConfig;
import io.adaspec.runtime.model.ModelRunner;
import io.adaspec.runtime.model.ModelWeights;
import io.adaspec.runtime.model.RopeScaling;
import io.adaspec.runtime.tensor.WeightFormat;
import io.adaspec.runtime.tensor.WorkerTeam;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Attention with the heads of real models over contexts of many splits. */
class AttentionTest {
  private static final int LAST = 13;
  private static final int SHORT = 20;
  private static final int BLOCKS = 80;

  private final CudaContext gpu = TestGpu.context();

  @AfterEach
  void close() {
    gpu.close();
  }

  /** Contexts of three splits, where the merge is a chain, and of two; with head norms in half. */
  static Stream<Arguments> shapes() {
    return Stream.of(
        arguments(540, 4, 1, 64, false, new RopeScaling.Llama3(8, 1, 4, 256), WeightFormat.F32),
        arguments(300, 7, 1, 128, true, new RopeScaling.Linear(4), WeightFormat.BF16),
        arguments(300, 12, 1, 64, false, new RopeScaling.None(), WeightFormat.F16),
        arguments(540, 4, 1, 128, false, new RopeScaling.Llama3(32, 1, 4, 512), WeightFormat.Q8_0),
        arguments(300, 2, 2, 256, true, new RopeScaling.Linear(2), WeightFormat.BF16),
        arguments(300, 3, 1, 80, true, new RopeScaling.None(), WeightFormat.F32));
  }

  /**
   * The last rows of a long sequence are computed at once, in fours, both beside a short sequence,
   * and one by one; with room for all splits, for some, and for none. All give the same bits, near
   * the CPU's.
   */
  @ParameterizedTest
  @MethodSource("shapes")
  void longContextsGiveTheSameLogitsHoweverTheyAreSplit(
      int context,
      int heads,
      int kvHeads,
      int headSize,
      boolean normed,
      RopeScaling scaling,
      WeightFormat format) {
    ModelConfig config = RandomModels.heads(heads, kvHeads, headSize, normed, scaling);
    ModelWeights model = RandomModels.of(config, format, 21);
    int[] tokens = new SplittableRandom(22).ints(context, 0, 60).toArray();
    List<float[]> expected;
    try (WorkerTeam team = new WorkerTeam(2);
        ModelRunner cpu = TestRunners.cpu(model, team, BLOCKS)) {
      prefill(cpu, tokens, 300);
      expected = lastRows(cpu, tokens, LAST, false);
    }
    List<float[]> first = null;
    for (long partialFloats : new long[] {16L << 20, 40_000, 0}) {
      WorkPlan work = WorkPlan.of(config, TestRunners.MAX_ROWS, partialFloats);
      try (ModelRunner runner = TestRunners.cuda(gpu, model, BLOCKS, work)) {
        prefill(runner, tokens, partialFloats == 0 ? 300 : 61);
        for (int chunk : new int[] {LAST, 1, 4}) {
          List<float[]> actual = lastRows(runner, tokens, chunk, chunk > 1);
          first = first == null ? actual : first;
          for (int i = 0; i < LAST; i++) {
            assertThat(actual.get(i))
                .as("row %d, %d at once, room for %d floats", i, chunk, partialFloats)
                .isEqualTo(first.get(i));
            assertThat(ForwardPassTest.distance(expected.get(i), actual.get(i)))
                .isLessThan(ForwardPassTest.bound(format));
          }
        }
      }
    }
  }

  private static void prefill(ModelRunner runner, int[] tokens, int chunk) {
    ForwardBatch batch = new ForwardBatch();
    for (int at = 0; at < tokens.length - LAST; at += chunk) {
      batch.clear();
      batch.addSequence(table(runner, tokens.length));
      for (int i = at; i < Math.min(at + chunk, tokens.length - LAST); i++) {
        batch.addRow(tokens[i], i, false);
      }
      runner.forward(batch);
    }
  }

  /** Logits of the last rows; {@code mixed} adds a short sequence in blocks of its own. */
  private static List<float[]> lastRows(
      ModelRunner runner, int[] tokens, int chunk, boolean mixed) {
    List<float[]> all = new ArrayList<>();
    ForwardBatch batch = new ForwardBatch();
    for (int at = tokens.length - LAST; at < tokens.length; at += chunk) {
      batch.clear();
      if (mixed) {
        batch.addSequence(new int[] {1, 79, 0});
        for (int i = 0; i < SHORT; i++) {
          batch.addRow(tokens[i], i, false);
        }
      }
      batch.addSequence(table(runner, tokens.length));
      int rows = Math.min(chunk, tokens.length - at);
      for (int i = at; i < at + rows; i++) {
        batch.addRow(tokens[i], i, true);
      }
      runner.forward(batch);
      for (int i = 0; i < rows; i++) {
        all.add(TestRunners.logits(runner, i));
      }
    }
    return all;
  }

  /** Blocks 2 to 78 in an order of their own. */
  private static int[] table(ModelRunner runner, int context) {
    int[] table = new int[runner.kvGeometry().blocksFor(context)];
    Arrays.setAll(table, i -> 2 + i * 31 % 77);
    return table;
  }
}
