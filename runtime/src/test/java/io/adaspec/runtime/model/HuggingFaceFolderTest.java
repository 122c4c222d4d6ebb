package io.adaspec.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.runtime.model.ModelConfig.RopePairing;
import io.adaspec.runtime.tensor.WeightFormat;
import io.adaspec.runtime.tensor.WeightTensor;
import io.adaspec.runtime.text.StreamingDecoder;
import io.adaspec.runtime.text.Tokenizer;
import java.io.ByteArrayOutputStream;
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
  private static final String CONFIG =
      """
      {"architectures": ["LlamaForCausalLM"], "hidden_size": 8, "intermediate_size": 12,
       "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1,
       "vocab_size": 6, "max_position_embeddings": 64, "rms_norm_eps": 1e-5,
       "eos_token_id": [2], "bos_token_id": 1}
      """;
  private static final String TOKENIZER =
      """
      {"version": "1.0", "truncation": null, "padding": null,
       "added_tokens": [
         {"id": 0, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false,
          "normalized": false, "special": true},
         {"id": 5, "content": "<|im_end|>", "single_word": false, "lstrip": false,
          "rstrip": false, "normalized": false, "special": true}],
       "normalizer": null,
       "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
         "use_regex": true},
       "post_processor": {"type": "TemplateProcessing",
         "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A",
           "type_id": 0}}],
         "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
         "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}}},
       "decoder": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
         "use_regex": true},
       "model": {"type": "BPE", "dropout": null, "unk_token": null,
         "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": false,
         "byte_fallback": false, "vocab": {"<s>": 0, "a": 1, "b": 2, "ab": 3, "\u0120": 4},
         "merges": ["a b"]}}
      """;

  @TempDir Path folder;

  @BeforeEach
  void writeAModel() throws IOException {
    write("config.json", CONFIG);
    write("tokenizer.json", TOKENIZER);
    writeWeights("F32", 4);
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
    writeWeights(type, bytes);
    try (ModelWeights model = ModelFiles.openWeights(folder)) {
      assertThat(model.weights().tensor("token_embd.weight").format())
          .isEqualTo(WeightFormat.valueOf(type));
    }
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
        CONFIG.replaceAll(key + ": [^,}\\[]+,", "").replaceAll(key + ": \\[[^]]*\\],", "");
    write("config.json", others.replaceFirst("\\{", "{" + entry + ","));
    assertThatThrownBy(() -> ModelFiles.open(folder)).isInstanceOf(ModelFormatException.class);
  }

  @Test
  void readsLlama3RopeScaling() throws IOException {
    write(
        "config.json",
        CONFIG.replaceFirst(
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
        CONFIG.replace("Llama", "Mistral").replaceFirst("\\{", "{\"sliding_window\": 16,"));
    try (ModelWeights model = ModelFiles.openWeights(folder)) {
      assertThat(model.config().contextTokens()).isEqualTo(16);
    }
  }

  @Test
  void saysWhatIsMissing() throws IOException {
    Files.delete(folder.resolve("model.safetensors"));
    write("model.safetensors.index.json", "{}");
    assertThatThrownBy(() -> ModelFiles.openWeights(folder))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("has no model.safetensors; files in several parts");
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

  private void writeWeights(String type, int elementBytes) throws IOException {
    StringBuilder header = new StringBuilder("{");
    int offset = 0;
    for (String tensor :
        List.of(
            "embed_tokens.weight 6 8",
            "norm.weight 8",
            "layers.0.input_layernorm.weight 8",
            "layers.0.self_attn.q_proj.weight 8 8",
            "layers.0.self_attn.k_proj.weight 4 8",
            "layers.0.self_attn.v_proj.weight 4 8",
            "layers.0.self_attn.o_proj.weight 8 8",
            "layers.0.post_attention_layernorm.weight 8",
            "layers.0.mlp.gate_proj.weight 12 8",
            "layers.0.mlp.up_proj.weight 12 8",
            "layers.0.mlp.down_proj.weight 8 12")) {
      String[] parts = tensor.split(" ", -1);
      int[] shape = Arrays.stream(parts).skip(1).mapToInt(Integer::parseInt).toArray();
      int bytes = Arrays.stream(shape).reduce(elementBytes, (a, b) -> a * b);
      header
          .append(header.length() > 1 ? "," : "")
          .append("\"model.%s\":".formatted(parts[0]))
          .append("{\"dtype\":\"%s\",\"shape\":%s,".formatted(type, Arrays.toString(shape)))
          .append("\"data_offsets\":[%d,%d]}".formatted(offset, offset + bytes));
      offset += bytes;
    }
    byte[] json = header.append("}").toString().getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] length = new byte[8];
    ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length);
    out.writeBytes(length);
    out.writeBytes(json);
    out.writeBytes(new byte[offset]);
    Files.write(folder.resolve("model.safetensors"), out.toByteArray());
  }
}
