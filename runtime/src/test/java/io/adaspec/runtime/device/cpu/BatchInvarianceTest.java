package io.adaspec.runtime.device.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.model.ForwardBatch;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.model.ModelFiles;
import io.adaspec.runtime.model.ModelRunner;
import io.adaspec.runtime.model.ModelWeights;
import io.adaspec.runtime.model.SharedAssets;
import io.adaspec.runtime.model.TinyModels;
import io.adaspec.runtime.tensor.Kernels;
import io.adaspec.runtime.tensor.ScalarKernels;
import io.adaspec.runtime.tensor.WorkerTeam;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The logits of a row, bit for bit, whatever is computed with it and however a prompt is cut. */
class BatchInvarianceTest {
  private static final int TOKENS = 75;
  private static final int BLOCKS = 5;

  @Test
  void anF32ModelIsInvariant(@TempDir Path folder) throws IOException {
    requireInvariance(TinyModels.writeLlama(folder));
  }

  @Test
  void aModelWithHeadNormsIsInvariant(@TempDir Path folder) throws IOException {
    requireInvariance(TinyModels.writeQwen3(folder));
  }

  @ParameterizedTest
  @ValueSource(strings = {"storyteller-target-q8_0.gguf", "storyteller-draft-q8_0.gguf"})
  void theBundledModelsAreInvariant(String file) throws IOException {
    requireInvariance(SharedAssets.bundled("models/storyteller/" + file));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "stories260K/stories260K-f32.gguf",
        "babyllama-char/tok105-model5000-q8_0.gguf",
        "babyllama-char/tok361-sliced105-q4_0.gguf",
      })
  void realModelsAreInvariant(String file) throws IOException {
    requireInvariance(SharedAssets.require("models/" + file));
  }

  @Test
  void longContextsAreInvariant() throws IOException {
    Path file = SharedAssets.bundled("models/storyteller/storyteller-draft-q8_0.gguf");
    int prompt = 1000;
    int[] table = new int[64];
    Arrays.setAll(table, i -> (5 * i + 3) % table.length);
    try (LoadedModel loaded = ModelFiles.open(file);
        WorkerTeam team = new WorkerTeam(2);
        ModelRunner runner = GreedyDecoding.runner(loaded.forDevice(), Kernels.best(), team)) {
      chunks(runner, table, 0, prompt, 16);
      float[][] expected = chunks(runner, table, prompt, prompt + 24, 1);
      for (int promptChunk : new int[] {64, 37}) {
        chunks(runner, table, 0, prompt, promptChunk);
        for (int chunk : new int[] {1, 2, 3, 4, 5, 8, 24}) {
          assertThat(chunks(runner, table, prompt, prompt + 24, chunk))
              .as("rows of %d behind chunks of %d", chunk, promptChunk)
              .isDeepEqualTo(expected);
        }
      }
    }
  }

  private static void requireInvariance(Path file) throws IOException {
    try (LoadedModel loaded = ModelFiles.open(file);
        WorkerTeam team = new WorkerTeam(2);
        WorkerTeam alone = new WorkerTeam(1)) {
      ModelWeights model = loaded.forDevice();
      float[][] expected;
      try (ModelRunner scalar = GreedyDecoding.runner(model, new ScalarKernels(), alone)) {
        expected = oneSequence(scalar, 1);
      }
      try (ModelRunner runner = GreedyDecoding.runner(model, Kernels.best(), team)) {
        for (int chunk : new int[] {1, 2, 3, 4, 5, 7, 16, 33, 64}) {
          assertThat(oneSequence(runner, chunk)).as("chunks of %d", chunk).isDeepEqualTo(expected);
        }
        for (long seed = 1; seed <= 3; seed++) {
          assertThat(amongOthers(runner, seed)).as("mates %d", seed).isDeepEqualTo(expected);
        }
      }
    }
  }

  private static float[][] oneSequence(ModelRunner runner, int chunk) {
    return chunks(runner, table(0), 0, TOKENS, chunk);
  }

  /** Logits of the positions from {@code start} to {@code end}. */
  private static float[][] chunks(ModelRunner runner, int[] table, int start, int end, int chunk) {
    float[][] logits = new float[end - start][];
    for (int at = start; at < end; at += chunk) {
      ForwardBatch batch = new ForwardBatch();
      batch.addSequence(table);
      add(batch, runner, 0, at, Math.min(end, at + chunk));
      runner.forward(batch);
      for (int row = 0; row < batch.rows(); row++) {
        logits[at - start + row] = logits(runner, row);
      }
    }
    return logits;
  }

  /** Sequence 0 in random chunks beside two others that advance at their own pace. */
  private static float[][] amongOthers(ModelRunner runner, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[][] logits = new float[TOKENS][];
    int[] computed = new int[3];
    while (computed[0] < TOKENS) {
      ForwardBatch batch = new ForwardBatch();
      List<Integer> order = new ArrayList<>(List.of(0, 1, 2));
      if (random.nextBoolean()) {
        order = order.reversed();
      }
      int first = 0;
      for (int sequence : order) {
        int end = Math.min(TOKENS, computed[sequence] + 1 + random.nextInt(20));
        first = sequence == 0 ? batch.rows() : first;
        batch.addSequence(table(sequence));
        add(batch, runner, sequence, computed[sequence], end);
        if (sequence != 0) {
          computed[sequence] = end;
        }
      }
      runner.forward(batch);
      int own = batch.rowOffsets()[order.indexOf(0) + 1] - first;
      for (int row = 0; row < own; row++) {
        logits[computed[0] + row] = logits(runner, first + row);
      }
      computed[0] += own;
    }
    return logits;
  }

  private static void add(ForwardBatch batch, ModelRunner runner, int sequence, int at, int end) {
    int vocabulary = runner.config().vocabularySize();
    for (int position = at; position < end; position++) {
      int token = Math.floorMod(31 * position + 17 * sequence + position * position, vocabulary);
      batch.addRow(token, position, true);
    }
  }

  private static float[] logits(ModelRunner runner, int row) {
    float[] logits = new float[runner.config().vocabularySize()];
    runner.logits(row, logits);
    return logits;
  }

  /** Blocks of a sequence, in no particular order. */
  private static int[] table(int sequence) {
    int[] table = new int[BLOCKS];
    Arrays.setAll(table, i -> 3 * ((2 * i + 1) % BLOCKS) + sequence);
    return table;
  }
}
