package io.adaspec.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.model.ForwardBatch;
import io.adaspec.runtime.model.ModelRunner;
import io.adaspec.runtime.model.ModelWeights;
import io.adaspec.runtime.tensor.WeightFormat;
import io.adaspec.runtime.tensor.WorkerTeam;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Passes whose prefill is cuBLASLt's. */
class FastPrefillTest {
  private static final int BLOCKS = 60;
  private static final int MIN_ROWS = 20;
  private static final int PROMPT = 40;

  private final EmulatedCublasLt library = EmulatedCublasLt.load();
  private final CudaContext context = CudaContext.create(0);

  @AfterEach
  void close() {
    context.close();
    assertThat(library.live()).as("objects of the library that nobody destroyed").isZero();
    library.reset();
  }

  @ParameterizedTest
  @EnumSource(
      value = WeightFormat.class,
      names = {"F16", "BF16", "Q8_0", "Q4_0"})
  void logitsAreThoseOfTheCpuWithinTheFormatsPrecision(WeightFormat format) {
    ModelWeights model = RandomModels.of(RandomModels.config(true), format, 5);
    try (WorkerTeam team = new WorkerTeam(2);
        ModelRunner cpu = TestRunners.cpu(model, team, BLOCKS);
        ModelRunner fast = fast(model)) {
      long before = library.products();
      float[] actual = logits(fast, PROMPT);
      assertThat(library.products() - before)
          .as("four products a layer, but for what only sampled rows go through")
          .isEqualTo(4 * 2 - 3);
      assertThat(ForwardPassTest.distance(logits(cpu, PROMPT), actual))
          .as("%s", format)
          .isLessThan(ForwardPassTest.bound(format));
      assertThat(logits(fast, PROMPT)).as("the same pass again").isEqualTo(actual);
    }
  }

  @Test
  void decodedAndVerifiedRowsAreOursBesideAStretch() {
    ModelWeights model = RandomModels.of(RandomModels.config(false), WeightFormat.BF16, 6);
    try (ModelRunner ours = TestRunners.cuda(context, model, BLOCKS);
        ModelRunner fast = fast(model)) {
      long before = library.products();
      List<float[]> expected = besideAPrompt(ours);
      List<float[]> actual = besideAPrompt(fast);
      assertThat(library.products()).isGreaterThan(before);
      for (int row = 0; row < expected.size(); row++) {
        assertThat(actual.get(row)).as("row %d", row).isEqualTo(expected.get(row));
      }
    }
  }

  @Test
  void shorterStretchesAreOurs() {
    ModelWeights model = RandomModels.of(RandomModels.config(false), WeightFormat.F16, 6);
    try (ModelRunner ours = TestRunners.cuda(context, model, BLOCKS);
        ModelRunner fast = fast(model)) {
      long before = library.products();
      assertThat(logits(fast, MIN_ROWS - 1)).isEqualTo(logits(ours, MIN_ROWS - 1));
      assertThat(library.products()).isEqualTo(before);
      assertThat(logits(fast, MIN_ROWS)).as("not bit-exact").isNotEqualTo(logits(ours, MIN_ROWS));
    }
  }

  private CudaModelRunner fast(ModelWeights model) {
    ModelPlan plan = ModelPlan.of(model);
    DeviceHealth health = new DeviceHealth();
    PrefillLibrary found =
        PrefillLibrary.find(
                CudaDevices.spec("cuda:0", model, Optional.empty())
                    .withFastPrefill(library.from(MIN_ROWS)),
                plan,
                health)
            .orElseThrow();
    KernelModule kernels = KernelModule.load(context);
    return CudaModelRunner.create(
        context,
        kernels,
        TestRunners.plan(context, model, BLOCKS, WorkPlan.of(model.config(), TestRunners.MAX_ROWS)),
        LibraryProducts.open(found, context, kernels, health),
        bytes -> {});
  }

  /** Logits after a prompt. */
  private static float[] logits(ModelRunner runner, int promptTokens) {
    ForwardBatch batch = new ForwardBatch();
    prompt(batch, runner, 0, promptTokens);
    runner.forward(batch);
    return TestRunners.logits(runner, 0);
  }

  /**
   * Logits of a row that decodes before a prompt and of four that verify behind it; what they read
   * is computed beforehand, in chunks too short for the library.
   */
  private static List<float[]> besideAPrompt(ModelRunner runner) {
    int history = MIN_ROWS - 1;
    ForwardBatch batch = new ForwardBatch();
    prompt(batch, runner, 20, history);
    runner.forward(batch);
    batch.clear();
    prompt(batch, runner, 40, history);
    runner.forward(batch);
    batch.clear();
    batch.addSequence(table(runner, 20));
    batch.addRow(7, history, true);
    prompt(batch, runner, 0, PROMPT);
    batch.addSequence(table(runner, 40));
    for (int i = 0; i < 4; i++) {
      batch.addRow(11 + i, history + i, true);
    }
    runner.forward(batch);
    List<float[]> all = new ArrayList<>();
    for (int row = 0; row < batch.logitRowCount(); row++) {
      if (row != 1) {
        all.add(TestRunners.logits(runner, row));
      }
    }
    return all;
  }

  private static void prompt(ForwardBatch batch, ModelRunner runner, int firstBlock, int count) {
    int[] tokens = new SplittableRandom(firstBlock + 3).ints(count, 0, 300).toArray();
    batch.addSequence(table(runner, firstBlock));
    for (int i = 0; i < count; i++) {
      batch.addRow(tokens[i], i, i == count - 1);
    }
  }

  private static int[] table(ModelRunner runner, int firstBlock) {
    int[] table = new int[runner.kvGeometry().blocksFor(MIN_ROWS + 80)];
    Arrays.setAll(table, i -> firstBlock + i);
    return table;
  }
}
