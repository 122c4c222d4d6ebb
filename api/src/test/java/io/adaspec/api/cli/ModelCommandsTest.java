package io.adaspec.api.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.adaspec.runtime.model.SharedAssets;
import io.adaspec.runtime.model.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelCommandsTest {
  @TempDir private Path folder = Path.of("");

  @Test
  void tokenizePrintsIdsAsOneJsonObject() throws IOException {
    String model = TinyModels.writeVocabularyOnly(folder).toString();
    CommandRun plain = CommandRun.of("tokenize", "--model", model, "--text", "ab", "--json");
    assertThat(plain.exitCode()).isZero();
    assertThat(plain.out()).matches("\\{\"ids\":\\[[0-9,]+]}\\R");

    CommandRun withBos =
        CommandRun.of("tokenize", "--model", model, "--text", "ab", "--json", "--add-bos");
    assertThat(withBos.json().get("ids").get(0).asInt()).isEqualTo(1);
    assertThat(withBos.json().get("ids")).hasSize(plain.json().get("ids").size() + 1);
  }

  @Test
  void tokenizeShowsEachTokenToPeople() throws IOException {
    String model = TinyModels.writeVocabularyOnly(folder).toString();
    CommandRun run = CommandRun.of("tokenize", "--model", model, "--text", "c");
    assertThat(run.out().lines()).allMatch(line -> line.matches("[0-9]+\t.+"));
  }

  @Test
  void tokenizeMatchesTheReferenceOnARealVocabulary() {
    String model = SharedAssets.require("tokenizers/ggml-vocab-llama-spm.gguf").toString();
    CommandRun run = CommandRun.of("tokenize", "--model", model, "--text", "Hello world", "--json");
    assertThat(run.out().strip()).isEqualTo("{\"ids\":[15043,3186]}");
  }

  @Test
  void inspectDescribesShapeWeightsAndTokenizer() throws IOException {
    String model = TinyModels.writeLlama(folder).toString();
    JsonNode report = CommandRun.of("inspect", "--model", model, "--json").json();
    assertThat(report.get("architecture").asText()).isEqualTo("llama");
    assertThat(report.at("/shape/layers").asInt()).isEqualTo(2);
    assertThat(report.at("/weights/formats/F32/bytes").asLong())
        .isEqualTo(report.at("/weights/bytes").asLong())
        .isEqualTo(4 * report.at("/weights/parameters").asLong());
    assertThat(report.at("/tokenizer/tokens").asInt()).isEqualTo(266);
    assertThat(report.at("/memory/mapped_bytes").asLong()).isEqualTo(266 * 32 * 4);
    assertThat(report.at("/memory/kv_bytes_per_token").asLong()).isEqualTo(2 * 2 * 16 * 4);
    assertThat(report.at("/memory/kv_tokens_per_gib").asLong()).isEqualTo((1 << 30) / 256);

    CommandRun text = CommandRun.of("inspect", "--model", model);
    assertThat(text.out()).contains("architecture", "llama", "hidden size", "F32");
  }

  @Test
  void inspectTakesAVocabularyAlone() throws IOException {
    String model = TinyModels.writeVocabularyOnly(folder).toString();
    JsonNode report = CommandRun.of("inspect", "--model", model, "--json").json();
    assertThat(report.has("weights")).isFalse();
    assertThat(report.at("/tokenizer/tokens").asInt()).isEqualTo(266);
  }
}
