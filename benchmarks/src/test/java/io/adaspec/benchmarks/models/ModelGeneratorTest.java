package io.adaspec.benchmarks.models;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.benchmarks.models.GreedyPair.Acceptance;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.model.ModelFiles;
import io.adaspec.runtime.tensor.WeightFormat;
import io.adaspec.runtime.tensor.WorkerTeam;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ModelGeneratorTest {
  @TempDir private Path folder = Path.of(".");

  @ParameterizedTest
  @EnumSource(
      value = WeightFormat.class,
      names = {"F32", "Q8_0", "Q4_0"})
  void pairHasRealisticAcceptanceAndTextDoesNotRepeat(WeightFormat format) throws IOException {
    requireRealisticPair(ModelGenerator.of(ModelShape.TINY, format));
  }

  @Test
  void pairWithHeadNormsHasRealisticAcceptanceToo() throws IOException {
    ModelGenerator generator = ModelGenerator.of(ModelShape.TINY_QWEN3, WeightFormat.Q8_0);
    assertThat(generator.targetName()).isEqualTo("tiny-qwen3-q8_0.gguf");
    requireRealisticPair(generator);
  }

  private void requireRealisticPair(ModelGenerator generator) throws IOException {
    Path target = folder.resolve(generator.targetName());
    Path draft = folder.resolve(generator.draftName());
    generator.writeTarget(target);
    generator.writeDraft(draft);
    try (LoadedModel model = ModelFiles.open(target);
        LoadedModel proposer = ModelFiles.open(draft);
        WorkerTeam team = new WorkerTeam(2)) {
      int[] prompt = model.tokenizer().encode("some random words", true, false);
      Acceptance acceptance =
          new GreedyPair(team).measure(model.forDevice(), proposer.forDevice(), prompt, 120, 3);
      assertThat(acceptance.rate()).isBetween(0.5, 0.95);
      assertThat(acceptance.distinct()).isGreaterThan(100);
    }
  }

  @Test
  void vocabularyHasTheSizeOfTheEmbeddingAndTokenizesWords() throws IOException {
    ModelGenerator generator = ModelGenerator.of(ModelShape.TINY, WeightFormat.Q4_0);
    Path file = folder.resolve(generator.draftName());
    generator.writeDraft(file);
    try (LoadedModel model = ModelFiles.open(file)) {
      assertThat(model.tokenizer().vocabularySize()).isEqualTo(ModelShape.VOCABULARY);
      int[] ids = model.tokenizer().encode("the cat", true, false);
      assertThat(model.tokenizer().decode(ids)).endsWith("the cat");
      assertThat(ids[0]).isEqualTo(1);
      assertThat(Arrays.stream(ids).skip(1)).allMatch(id -> id >= WordVocabulary.FIRST_WORD);
    }
  }
}
