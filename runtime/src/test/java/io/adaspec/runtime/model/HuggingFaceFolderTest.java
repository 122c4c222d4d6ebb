package io.adaspec.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adaspec.runtime.model.ModelConfig.RopePairing;
import io.adaspec.runtime.tensor.WeightFormat;
import io.adaspec.runtime.tensor.WeightTensor;
import io.adaspec.runtime.text.StreamingDecoder;
import io.adaspec.runtime.text.Tokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HuggingFaceFolderTest {
  @TempDir Path folder;

  @BeforeEach
  void writeAModel() throws IOException {
    TinyFolders.write(folder);
  }

  @Test
  void opensAFolder() throws IOException {
    try (LoadedModel model = ModelFiles.open(folder)) {
      assertThat(model.config().ropePairing()).isEqualTo(RopePairing.HALVES);
      assertThat(model.config().tiedHead()).isTrue();
      assertThat(model.weights().tensor("blk.0.ffn_down.weight").shape()).containsExactly(8L, 12L);
      assertThat(model.tokenizer().encode("ab a", true, false)).containsExactly(0, 3, 4, 1);
      assertThat(model.tokenizer().bosId()).hasValue(1);
      assertThat(model.tokenizer().eosIds()).containsExactlyInAnyOrder(2, 5);
      assertThat(model.chatTemplate()).isEmpty();
    }
  }

  @Test
  void namesOfSpecialTokensAreTextUnlessTheyAreParsed() throws IOException {
    Tokenizer tokenizer = ModelFiles.openText(folder).tokenizer();
    assertThat(tokenizer.encode("a<|im_end|>", false, true)).containsExactly(1, 5);
    assertThat(tokenizer.encode("a<|im_end|>", false, false)).doesNotContain(5);
  }

  @Test
  void idsOfAddedTokensAreThoseOfTheFile() throws IOException {
    String token =
        "{\"id\": 7, \"content\": \"<tool>\", \"single_word\": false, \"lstrip\": false,"
            + " \"rstrip\": false, \"normalized\": false, \"special\": false}";
    write(
        "tokenizer.json",
        TinyFolders.TOKENIZER.replace("\"added_tokens\": [", "\"added_tokens\": [" + token + ","));
    Tokenizer tokenizer = ModelFiles.openText(folder).tokenizer();
    assertThat(tokenizer.encode("a<tool><|im_end|>", false, true)).containsExactly(1, 7, 5);
    assertThat(tokenizer.encode("a<tool>b", false, false)).containsExactly(1, 7, 2);
    assertThat(tokenizer.decode(new int[] {1, 7, 5, 2})).isEqualTo("a<tool>b");
  }

  @Test
  void unigramTokenizersPutTheirTokensAroundTheText() throws IOException {
    write("tokenizer.json", TinyFolders.UNIGRAM);
    Tokenizer tokenizer = ModelFiles.openText(folder).tokenizer();
    assertThat(tokenizer.encode("ab  ba ", true, false)).containsExactly(2, 5, 1, 3, 2, 3);
    assertThat(tokenizer.encode("ab", false, false)).containsExactly(5);
    assertThat(tokenizer.decode(new int[] {5, 1, 3})).isEqualTo("ab b");
  }

  @Test
  void readsChatTemplateAndSpecialTokensOfTheTokenizerConfig() throws IOException {
    write(
        "tokenizer_config.json",
        """
        {"bos_token": {"content": "<s>"}, "eos_token": "<|im_end|>",
         "chat_template": [{"name": "default", "template": "{{ bos_token ~ eos_token }}"}]}
        """);
    ModelText text = ModelFiles.openText(folder);
    assertThat(text.tokenizer().bosId()).hasValue(0);
    assertThat(text.chatTemplate().orElseThrow().render(List.of(), true, Map.of()))
        .isEqualTo("<s><|im_end|>");
  }

  @ParameterizedTest
  @CsvSource({"F16,2", "BF16,2", "F32,4"})
  void readsEveryWeightType(String type, int bytes) throws IOException {
    TinyFolders.writeWeights(folder, type, bytes);
    try (ModelWeights model = ModelFiles.openWeights(folder)) {
      assertThat(model.weights().tensor("token_embd.weight").format())
          .isEqualTo(WeightFormat.valueOf(type));
    }
  }

  @Test
  void readsHeadNormsOfQwen3AndItsHeadSize() throws IOException {
    TinyFolders.writeQwen3(folder);
    try (ModelWeights model = ModelFiles.openWeights(folder)) {
      assertThat(model.config().architecture()).isEqualTo("qwen3");
      assertThat(model.config().queryKeyNorm()).isTrue();
      assertThat(model.config().headSize()).isEqualTo(6);
      assertThat(model.config().tiedHead()).isTrue();
      assertThat(model.config().ropePairing()).isEqualTo(RopePairing.HALVES);
      assertThat(model.weights().tensor("blk.0.attn_q_norm.weight").shape()).containsExactly(6L);
      assertThat(model.weights().tensor("blk.0.attn_k_norm.weight").shape()).containsExactly(6L);
      assertThat(model.weights().tensor("blk.0.attn_output.weight").shape())
          .containsExactly(8L, 12L);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "\"head_dim\": 6,;;q_proj.weight has shape [12, 8]",
        "\"head_dim\": 6;\"head_dim\": 8;q_proj.weight has shape [12, 8]",
        "Qwen3ForCausalLM;Qwen3MoeForCausalLM;Qwen3MoeForCausalLM is not supported",
        "Qwen3ForCausalLM;Qwen2ForCausalLM;self_attn.q_proj.bias is missing",
        "\"attention_bias\": false;\"attention_bias\": true;self_attn.q_proj.bias is missing"
      })
  void refusesAQwen3ConfigurationThatDoesNotFitItsWeights(String from, String to, String message)
      throws IOException {
    TinyFolders.writeQwen3(folder);
    write("config.json", TinyFolders.QWEN3.replace(from, to == null ? "" : to));
    assertThatThrownBy(() -> ModelFiles.openWeights(folder))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"hidden_act\": \"gelu\"",
        "\"mlp_bias\": true",
        "\"quantization_config\": {}",
        "\"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 2}",
        "\"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": -2}",
        "\"hidden_size\": 9e99",
        "\"num_attention_heads\": 0",
        "\"num_hidden_layers\": 2",
        "\"architectures\": [\"MambaForCausalLM\"]",
        "\"vocab_size\": 7",
        "\"attention_bias\": true"
      })
  void refusesWhatItDoesNotCompute(String entry) throws IOException {
    String key = entry.substring(0, entry.indexOf(':'));
    String others =
        TinyFolders.CONFIG
            .replaceAll(key + ": [^,}\\[]+,", "")
            .replaceAll(key + ": \\[[^]]*\\],", "");
    write("config.json", others.replaceFirst("\\{", "{" + entry + ","));
    assertThatThrownBy(() -> ModelFiles.open(folder)).isInstanceOf(ModelFormatException.class);
  }

  @Test
  void readsLlama3RopeScaling() throws IOException {
    write(
        "config.json",
        TinyFolders.CONFIG.replaceFirst(
            "\\{",
            "{\"rope_theta\": 500000, \"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 8,"
                + " \"low_freq_factor\": 1, \"high_freq_factor\": 4,"
                + " \"original_max_position_embeddings\": 32},"));
    try (ModelWeights model = ModelFiles.openWeights(folder)) {
      assertThat(model.config().ropeScaling()).isEqualTo(new RopeScaling.Llama3(8, 1, 4, 32));
      assertThat(model.config().ropeTheta()).isEqualTo(500_000);
    }
  }

  @Test
  void aSlidingWindowBoundsTheContext() throws IOException {
    write(
        "config.json",
        TinyFolders.CONFIG
            .replace("Llama", "Mistral")
            .replaceFirst("\\{", "{\"sliding_window\": 16,"));
    try (ModelWeights model = ModelFiles.openWeights(folder)) {
      assertThat(model.config().contextTokens()).isEqualTo(16);
    }
  }

  @Test
  void readsWeightsInSeveralFiles() throws IOException {
    byte[] whole = Files.readAllBytes(folder.resolve("model.safetensors"));
    split("model.norm.weight", "model.layers.0.mlp.up_proj.weight");
    assertThat(folder.resolve("model.safetensors")).doesNotExist();
    Path other = Files.createDirectory(folder.resolve("other"));
    TinyFolders.write(other);
    assertThat(other.resolve("model.safetensors")).hasBinaryContent(whole);
    try (ModelWeights parts = ModelFiles.openWeights(folder);
        ModelWeights one = ModelFiles.openWeights(other)) {
      assertThat(parts.weights().names()).isEqualTo(one.weights().names());
      assertThat(parts.weights().bytes()).isEqualTo(one.weights().bytes());
      assertThat(parts.weights().tensor("blk.0.ffn_up.weight").shape()).containsExactly(12L, 8L);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "\"second.safetensors\";\"../second.safetensors\";names the file \"../second.safetensors\"",
        "\"second.safetensors\";\"/etc/passwd\";names the file \"/etc/passwd\"",
        "\"second.safetensors\";7;names the file \"7\"",
        "\"second.safetensors\";\"third.safetensors\";has no third.safetensors, which model",
        "\"second.safetensors\";\"first.safetensors\";which has it not",
        "weight_map;map;has no weight_map",
        "model.norm.weight;model.other.weight;tensor model.other.weight in"
      })
  void refusesAnIndexThatDoesNotFit(String from, String to, String message) throws IOException {
    split("model.norm.weight");
    Path index = folder.resolve("model.safetensors.index.json");
    String json = Files.readString(index);
    assertThat(json).contains(from);
    Files.writeString(index, json.replace(from, to));
    assertThatThrownBy(() -> ModelFiles.openWeights(folder))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(message);
  }

  @Test
  void saysWhatIsMissing() throws IOException {
    Files.delete(folder.resolve("model.safetensors"));
    assertThatThrownBy(() -> ModelFiles.openWeights(folder))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("has neither model.safetensors nor model.safetensors.index.json");
  }

  /** Puts some tensors into a second file; both files hold the data of all. */
  private void split(String... second) throws IOException {
    byte[] whole = Files.readAllBytes(folder.resolve("model.safetensors"));
    int headerBytes =
        Math.toIntExact(ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong(0));
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode first = (ObjectNode) mapper.readTree(whole, 8, headerBytes);
    ObjectNode index = mapper.createObjectNode();
    first.fieldNames().forEachRemaining(name -> index.put(name, "first.safetensors"));
    ObjectNode moved = mapper.createObjectNode();
    for (String name : second) {
      moved.set(name, first.remove(name));
      index.put(name, "second.safetensors");
    }
    byte[] data = Arrays.copyOfRange(whole, 8 + headerBytes, whole.length);
    writePart("first.safetensors", first, data);
    writePart("second.safetensors", moved, data);
    write("model.safetensors.index.json", "{\"weight_map\": " + index + "}");
    Files.delete(folder.resolve("model.safetensors"));
  }

  private void writePart(String name, ObjectNode header, byte[] data) throws IOException {
    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer part =
        ByteBuffer.allocate(8 + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    Files.write(folder.resolve(name), part.putLong(json.length).put(json).put(data).array());
  }

  @Test
  void refusesWordPiece() throws IOException {
    Files.copy(
        SharedAssets.require("tokenizers/simplestories-4096.tokenizer.json"),
        folder.resolve("word-piece.json"));
    Files.move(
        folder.resolve("word-piece.json"),
        folder.resolve("tokenizer.json"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThatThrownBy(() -> ModelFiles.openText(folder))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("tokenizer model WordPiece is not supported");
  }

  @ParameterizedTest
  @CsvSource({
    "stories260K/stories260K-f32.gguf,stories260K/hf",
    "babyllama-char/tok105-model5000-f32.gguf,babyllama-char/hf-tok105"
  })
  void folderAndGgufOfOneModelAgree(String gguf, String hf) throws IOException {
    Path models = SharedAssets.require("models");
    try (LoadedModel one = ModelFiles.open(models.resolve(gguf));
        LoadedModel other = ModelFiles.open(models.resolve(hf))) {
      for (String name :
          List.of(
              "token_embd.weight",
              "output_norm.weight",
              "blk.0.attn_v.weight",
              "blk.2.attn_output.weight",
              "blk.4.ffn_down.weight")) {
        WeightTensor tensor = other.weights().tensor(name);
        assertThat(one.weights().tensor(name).data().mismatch(tensor.data())).isEqualTo(-1);
      }
      assertThat(one.config().headSize()).isEqualTo(other.config().headSize());
      assertThat(one.tokenizer().vocabularySize()).isEqualTo(other.tokenizer().vocabularySize());
      for (String text : List.of("Once upon a time", " Lily's mom said, it was", "a  b", "x")) {
        int[] ids = one.tokenizer().encode(text, true, false);
        assertThat(other.tokenizer().encode(text, true, false)).as(text).containsExactly(ids);
        StreamingDecoder decoder = other.tokenizer().streamingDecoder();
        String streamed = Arrays.stream(ids).mapToObj(decoder::push).collect(Collectors.joining());
        assertThat(streamed + decoder.flush()).isEqualTo(text);
      }
    }
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }
}
