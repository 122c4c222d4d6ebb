package io.adaspec.runtime.device.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.model.ModelFiles;
import io.adaspec.runtime.model.ModelRunner;
import io.adaspec.runtime.model.SharedAssets;
import io.adaspec.runtime.tensor.Kernels;
import io.adaspec.runtime.tensor.ScalarKernels;
import io.adaspec.runtime.tensor.VectorKernels;
import io.adaspec.runtime.tensor.WorkerTeam;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Greedy text of real models against what an independent C program wrote. */
class GoldenTextTest {
  @ParameterizedTest
  @CsvSource({
    "models/stories260K/stories260K-f32.gguf, models/golden/stories260K.run_c.greedy.txt, vector",
    "models/stories260K/stories260K-f32.gguf, models/golden/stories260K.run_c.greedy.txt, scalar",
    "models/stories260K/hf, models/golden/stories260K.run_c.greedy.txt, vector",
    "models/babyllama-char/hf-tok105, models/golden/tok105-model5000.run_c.greedy.txt, vector",
    "models/babyllama-char/tok105-model5000-f32.gguf,"
        + " models/golden/tok105-model5000.run_c.greedy.txt, vector",
  })
  void writesTheGoldenText(String model, String golden, String kernelName) throws IOException {
    Path modelPath = SharedAssets.require(model);
    String expected = Files.readString(SharedAssets.require(golden)).stripTrailing();
    Kernels kernels = kernelName.equals("vector") ? new VectorKernels() : new ScalarKernels();
    try (LoadedModel loaded = ModelFiles.open(modelPath);
        WorkerTeam team = new WorkerTeam(2);
        ModelRunner runner = GreedyDecoding.runner(loaded.forDevice(), kernels, team)) {
      int[] prompt = loaded.tokenizer().encode("", true, false);
      assertThat(prompt).as("the beginning-of-sequence token alone").hasSize(1);
      int[] output = GreedyDecoding.decode(runner, prompt, Math.min(200, expected.length()), 8);
      String text = loaded.tokenizer().decode(output).stripLeading();
      int common = Math.min(text.length(), expected.length());
      assertThat(common).isGreaterThan(150);
      assertThat(text.substring(0, common)).isEqualTo(expected.substring(0, common));
    }
  }
}
