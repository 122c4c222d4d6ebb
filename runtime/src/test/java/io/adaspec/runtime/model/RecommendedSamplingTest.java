package io.adaspec.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.runtime.request.SamplingDefaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the makers of a model recommend, in both forms of files. */
class RecommendedSamplingTest {
  @TempDir Path folder;

  private SamplingDefaults gguf(GgufWriter writer) throws IOException {
    return ModelFiles.openText(TinyModels.write(writer, folder)).sampling();
  }

  private SamplingDefaults huggingFace(String generationConfig) throws IOException {
    TinyFolders.write(folder);
    Files.writeString(folder.resolve("generation_config.json"), generationConfig);
    return ModelFiles.openText(folder).sampling();
  }

  @Test
  void aFileThatSaysNothingIsSampledPlainly() throws IOException {
    assertThat(gguf(TinyModels.metadata("llama"))).isEqualTo(new SamplingDefaults(1, 0, 1, 0, 1));
    assertThat(huggingFace("{}")).isEqualTo(SamplingDefaults.plain());
  }

  @Test
  void readsWhatGgufFilesRecommend() throws IOException {
    GgufWriter writer =
        TinyModels.metadata("llama")
            .put("general.sampling.temp", 0.5f)
            .put("general.sampling.top_k", 20)
            .put("general.sampling.top_p", 0.75f)
            .put("general.sampling.min_p", 0.125f)
            .put("general.sampling.penalty_repeat", 1.25f);

    assertThat(gguf(writer)).isEqualTo(new SamplingDefaults(0.5f, 20, 0.75f, 0.125f, 1.25f));
  }

  @ParameterizedTest
  @CsvSource({"-1, 1.25", "64, 1", "0, 1"})
  void aPenaltyOfTheLastTokensAloneIsNotOneOfTheWholeText(float lastTokens, float penalty)
      throws IOException {
    GgufWriter writer =
        TinyModels.metadata("llama")
            .put("general.sampling.penalty_last_n", lastTokens)
            .put("general.sampling.penalty_repeat", 1.25f);

    assertThat(gguf(writer).repetitionPenalty()).isEqualTo(penalty);
  }

  @Test
  void aRepetitionPenaltyCountsWithAndWithoutSampling() throws IOException {
    assertThat(huggingFace("{\"repetition_penalty\":1.25}").repetitionPenalty()).isEqualTo(1.25f);
    assertThat(huggingFace("{\"do_sample\":false,\"top_k\":9,\"repetition_penalty\":1.25}"))
        .isEqualTo(new SamplingDefaults(1, 0, 1, 0, 1.25f));
  }

  @Test
  void readsGenerationConfigsUnlessTheyDoNotSample() throws IOException {
    assertThat(huggingFace("{\"do_sample\":true,\"temperature\":0.5,\"top_k\":-1,\"top_p\":0.75}"))
        .isEqualTo(new SamplingDefaults(0.5f, 0, 0.75f, 0, 1));
    assertThat(huggingFace("{\"do_sample\":false,\"temperature\":0.5}"))
        .isEqualTo(SamplingDefaults.plain());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"temperature\":-0.5} | temperature must be 0 to 100.0, not -0.5",
        "{\"top_p\":0}          | top_p must be above 0 and at most 1, not 0.0",
        "{\"min_p\":\"much\"}   | min_p must be a number, not STRING",
        "{\"repetition_penalty\":0} | repetition_penalty must be 0.01 to 100.0, not 0.0"
      })
  void namesValuesThatMakeNoSense(String generationConfig, String error) {
    assertThatThrownBy(() -> huggingFace(generationConfig))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("generation_config.json: " + error);
  }

  @Test
  void namesTheGgufFileWhoseValuesMakeNoSense() {
    assertThatThrownBy(() -> gguf(TinyModels.metadata("llama").put("general.sampling.temp", -1f)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("tiny.gguf: general.sampling: temperature must be");
  }
}
