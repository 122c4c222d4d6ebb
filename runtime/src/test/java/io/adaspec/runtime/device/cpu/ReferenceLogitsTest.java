package io.adaspec.runtime.device.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.adaspec.runtime.model.ForwardBatch;
import io.adaspec.runtime.model.ModelRunner;
import io.adaspec.runtime.model.ModelWeights;
import io.adaspec.runtime.model.ReferenceModels;
import io.adaspec.runtime.model.ReferenceModels.Captured;
import io.adaspec.runtime.model.RopeFrequencies;
import io.adaspec.runtime.tensor.Kernels;
import io.adaspec.runtime.tensor.ScalarKernels;
import io.adaspec.runtime.tensor.VectorKernels;
import io.adaspec.runtime.tensor.WeightFormat;
import io.adaspec.runtime.tensor.WorkerTeam;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Logits of every family, file kind, weight format and frequency scaling against PyTorch's. */
final class ReferenceLogitsTest {
  private static final float[] NO_LOGITS = {};

  @TempDir Path folder;

  static Stream<Arguments> models() throws IOException {
    Captured captured = ReferenceModels.captured();
    return captured.cases().stream()
        .flatMap(
            model ->
                Stream.of(WeightFormat.values())
                    .filter(format -> model.file().equals("gguf") || format.blockElements() == 1)
                    .map(format -> Arguments.of(model, format, captured)));
  }

  @ParameterizedTest(name = "{0} in {1}")
  @MethodSource("models")
  void computesTheReferenceLogits(
      ReferenceModels.Case model, WeightFormat format, Captured captured) throws IOException {
    for (Kernels kernels : List.of(new ScalarKernels(), new VectorKernels())) {
      try (ModelWeights weights = ReferenceModels.open(model, format, folder);
          WorkerTeam team = new WorkerTeam(2);
          ModelRunner runner = GreedyDecoding.runner(weights, kernels, team)) {
        checkFrequencies(model, RopeFrequencies.of(weights.config()));
        float[][] logits = logits(runner, captured.tokens());
        for (int i = 0; i < captured.positions().length; i++) {
          int position = captured.positions()[i];
          for (int token = 0; token < logits[position].length; token++) {
            assertThat((double) logits[position][token])
                .as("token %d at position %d", token, position)
                .isCloseTo(model.logits()[i][token], within(2e-4));
          }
        }
      }
    }
  }

  private static void checkFrequencies(ReferenceModels.Case model, float[] frequencies) {
    assertThat(frequencies).hasSameSizeAs(model.frequencies());
    for (int i = 0; i < frequencies.length; i++) {
      double expected = model.frequencies()[i];
      assertThat((double) frequencies[i]).isCloseTo(expected, within(1e-6 * expected));
    }
  }

  /** [tokens][vocabulary] computed in chunks of 1, 2, 3 … rows. */
  private static float[][] logits(ModelRunner runner, int[] tokens) {
    int[] table = new int[runner.kvGeometry().blocksFor(tokens.length)];
    Arrays.setAll(table, i -> table.length - 1 - i);
    float[][] logits = new float[tokens.length][];
    Arrays.fill(logits, NO_LOGITS);
    ForwardBatch batch = new ForwardBatch();
    int chunk = 1;
    for (int start = 0; start < tokens.length; start += chunk++) {
      batch.clear();
      batch.addSequence(table);
      int end = Math.min(tokens.length, start + chunk);
      for (int i = start; i < end; i++) {
        batch.addRow(tokens[i], i, true);
      }
      runner.forward(batch);
      for (int i = start; i < end; i++) {
        logits[i] = new float[runner.config().vocabularySize()];
        runner.logits(i - start, logits[i]);
      }
    }
    return logits;
  }
}
