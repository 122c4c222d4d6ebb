package io.adaspec.api.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.adaspec.runtime.model.SharedAssets;
import io.adaspec.runtime.model.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

  /** Heads of 16 elements: queries of 64 and keys of 32 on a residual stream of 32. */
  @Test
  void inspectCountsWhatHeadsOfQwen3Take() throws IOException {
    String model = TinyModels.writeQwen3(folder).toString();
    JsonNode report = inspect(model);
    assertThat(report.get("architecture").asText()).isEqualTo("qwen3");
    assertThat(report.at("/shape/head_size").asInt()).isEqualTo(16);
    assertThat(report.at("/shape/query_key_norm").asBoolean()).isTrue();
    long layer = 32 * (64 + 32 + 32 + 64 + 3 * 64) + 2 * 32 + 2 * 16;
    assertThat(report.at("/weights/parameters").asLong()).isEqualTo(2 * 266 * 32 + 32 + 2 * layer);
    assertThat(report.at("/memory/kv_bytes_per_token").asLong()).isEqualTo(2 * 2 * 32 * 4);
    assertThat(report.at("/memory/repacked_tensors/blk.*.attn_output.weight/bytes").asLong())
        .isBetween(2L * 32 * 64 * 4, 2L * (32 * 64 * 4 + 64));
  }

  @Test
  void inspectNamesTheTensorsThatAreMappedAndThatAreRepacked() throws IOException {
    String model = TinyModels.writeLlama(folder).toString();
    JsonNode memory = inspect(model).get("memory");
    assertThat(memory.get("mapped_tensors").toString()).isEqualTo("[\"token_embd.weight\"]");
    JsonNode repacked = memory.get("repacked_tensors");
    assertThat(repacked.get("blk.*.attn_q.weight").get("tensors").asInt()).isEqualTo(2);
    assertThat(repacked.get("blk.*.attn_q.weight").get("bytes").asLong())
        .isBetween(2L * 32 * 32 * 4, 2L * (32 * 32 * 4 + 64));
    assertThat(repacked.findValues("bytes").stream().mapToLong(JsonNode::asLong).sum())
        .isEqualTo(memory.get("repacked_bytes").asLong());
    assertThat(CommandRun.of("inspect", "--model", model).out()).contains("blk.*.attn_q.weight\n");
  }

  @Test
  void inspectTellsHowManyTokensFitOnADevice() throws IOException {
    String model = TinyModels.writeLlama(folder).toString();
    JsonNode cpu = inspect(model, "--kv-memory", "64KiB", "--threads", "3").at("/devices/cpu");
    assertThat(cpu.get("kv_tokens").asLong()).isEqualTo((64 << 10) / 256);
    assertThat(cpu.get("longest_sequence").asInt()).isEqualTo(128);
    assertThat(cpu.get("whole_contexts").asInt()).isEqualTo(2);
    assertThat(cpu.get("description").asText()).startsWith("3 threads");

    JsonNode simulated = inspect(model, "--device", "sim:tiny,blocks=7").get("devices");
    assertThat(simulated.elements().next().get("kv_tokens").asInt()).isEqualTo(7 * 16);
  }

  @Test
  void inspectShowsTheDraftModelToo() throws IOException {
    String model = TinyModels.writeLlama(folder).toString();
    String draft = Files.copy(Path.of(model), folder.resolve("draft.gguf")).toString();
    JsonNode report =
        inspect(model, "--draft", draft, "--kv-memory", "64KiB", "--policy", "fixed:12");
    assertThat(report.at("/draft/model").asText()).isEqualTo(draft);
    assertThat(report.at("/draft/weights/bytes")).isEqualTo(report.at("/weights/bytes"));
    assertThat(report.at("/devices/cpu/kv_tokens").asLong()).isEqualTo((64 << 10) / 512);
    assertThat(report.at("/devices/cpu/draft_kv_tokens").asLong()).isEqualTo((64 << 10) / 512);
    assertThat(report.at("/devices/cpu/lendable_kv_tokens").asLong()).isEqualTo((64 << 10) / 512);
    assertThat(report.at("/policy/strategy").asText()).isEqualTo("fixed:12");
    assertThat(report.at("/policy/drafter").asText()).isEqualTo("model");
    assertThat(report.at("/policy/draft_cap").asInt()).isEqualTo(12);
  }

  @Test
  void tokenizeRefusesADraftOfOtherTokens() throws IOException {
    String model = TinyModels.writeVocabularyOnly(folder).toString();
    String bundled = storyteller().toString();
    CommandRun run =
        CommandRun.of("tokenize", "--model", model, "--draft", bundled, "--text", "ab", "--json");
    assertThat(run.exitCode()).isEqualTo(Main.FAILURE);
    assertThat(run.err()).startsWith("adaspec: --draft: ").contains("other tokens");
    CommandRun same =
        CommandRun.of("tokenize", "--model", model, "--draft", model, "--text", "ab", "--json");
    assertThat(same.exitCode()).isZero();
  }

  private static Path storyteller() {
    return Path.of(
        System.getProperty("adaspec.root"),
        "config/models/storyteller/storyteller-draft-q8_0.gguf");
  }

  private static JsonNode inspect(String model, String... options) {
    List<String> args = new ArrayList<>(List.of("inspect", "--json", "--model", model));
    args.addAll(List.of(options));
    return CommandRun.of(args.toArray(new String[0])).json();
  }

  @Test
  void inspectTakesAVocabularyAlone() throws IOException {
    String model = TinyModels.writeVocabularyOnly(folder).toString();
    JsonNode report = CommandRun.of("inspect", "--model", model, "--json").json();
    assertThat(report.has("weights")).isFalse();
    assertThat(report.at("/tokenizer/tokens").asInt()).isEqualTo(266);
  }
}
