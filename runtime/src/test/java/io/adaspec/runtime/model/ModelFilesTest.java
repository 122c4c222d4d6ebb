package io.adaspec.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.runtime.model.ModelConfig.RopePairing;
import io.adaspec.runtime.tensor.WeightFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ModelFilesTest {
  @TempDir Path folder;

  @Test
  void opensALlamaModel() throws IOException {
    try (ModelWeights model = open(TinyModels.llama(tensor -> true))) {
      assertThat(model.config().vocabularySize()).isEqualTo(TinyModels.VOCABULARY);
      assertThat(model.config().headSize()).isEqualTo(8);
      assertThat(model.config().kvSize()).isEqualTo(16);
      assertThat(model.config().ropePairing()).isEqualTo(RopePairing.INTERLEAVED);
      assertThat(model.config().ropeScaling()).isEqualTo(new RopeScaling.None());
      assertThat(model.config().tiedHead()).isFalse();
      assertThat(model.config().attentionBias()).isFalse();
      assertThat(model.weights().tensor("blk.1.attn_k.weight").shape()).containsExactly(16L, 32L);
      assertThat(model.weights().has("blk.2.attn_k.weight")).isFalse();
    }
  }

  @Test
  void opensVersionTwo() throws IOException {
    Path path = TinyModels.write(TinyModels.llama(tensor -> true), folder);
    byte[] bytes = Files.readAllBytes(path);
    bytes[4] = 2; // the two versions differ in big-endian files alone
    Files.write(path, bytes);
    try (GgufFile file = GgufFile.open(path);
        LoadedModel model = ModelFiles.open(path)) {
      assertThat(file.version()).isEqualTo(2);
      assertThat(model.config().hiddenSize()).isEqualTo(TinyModels.HIDDEN);
      assertThat(model.tokenizer().encode("ab", false, false)).isNotEmpty();
    }
  }

  @Test
  void namesTensorTypesThatItDoesNotRead() throws IOException {
    Path path = TinyModels.write(TinyModels.llama(tensor -> true), folder);
    byte[] bytes = Files.readAllBytes(path);
    String name = "blk.1.ffn_down.weight";
    int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(name);
    bytes[at + name.length() + 4 + 16] = 10; // behind the dimension count and two sizes
    Files.write(path, bytes);
    assertThatThrownBy(() -> ModelFiles.openWeights(path))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(
            "tiny.gguf: tensor " + name + " has type Q2_K; supported are F32, F16")
        .hasMessageContaining("Q8_0, Q4_0");
  }

  @Test
  void tiesTheHeadWhereTheFileHasNone() throws IOException {
    try (ModelWeights model = open(TinyModels.llama(name -> !name.equals("output.weight")))) {
      assertThat(model.config().tiedHead()).isTrue();
      assertThat(model.weights().has("output.weight")).isFalse();
    }
  }

  @Test
  void readsAttentionBiasesOfQwen2() throws IOException {
    try (ModelWeights model = open(TinyModels.model("qwen2", tensor -> true))) {
      assertThat(model.config().attentionBias()).isTrue();
      assertThat(model.config().ropePairing()).isEqualTo(RopePairing.HALVES);
      assertThat(model.weights().tensor("blk.0.attn_v.bias").shape()).containsExactly(16L);
    }
  }

  @Test
  void readsHeadNormsOfQwen3AndItsHeadsThatAreWiderThanTheStream() throws IOException {
    try (ModelWeights model = open(TinyModels.model("qwen3", tensor -> true))) {
      assertThat(model.config().queryKeyNorm()).isTrue();
      assertThat(model.config().attentionBias()).isFalse();
      assertThat(model.config().ropePairing()).isEqualTo(RopePairing.HALVES);
      assertThat(model.config().headSize()).isEqualTo(16);
      assertThat(model.config().ropeSize()).isEqualTo(16);
      assertThat(model.config().querySize()).isEqualTo(2 * model.config().hiddenSize());
      assertThat(model.weights().tensor("blk.0.attn_q_norm.weight").shape()).containsExactly(16L);
      assertThat(model.weights().tensor("blk.1.attn_k_norm.weight").shape()).containsExactly(16L);
      assertThat(model.weights().tensor("blk.1.attn_q.weight").shape()).containsExactly(64L, 32L);
      assertThat(model.weights().tensor("blk.1.attn_output.weight").shape())
          .containsExactly(32L, 64L);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"blk.1.attn_q_norm.weight", "blk.0.attn_k_norm.weight"})
  void namesAMissingHeadNormAndOneOfAnotherShape(String norm) {
    GgufWriter without = TinyModels.model("qwen3", name -> !name.equals(norm));
    assertThatThrownBy(() -> open(without))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("tensor " + norm + " is missing; architecture qwen3 needs")
        .hasMessageContaining("blk.{i}.attn_q_norm.weight")
        .hasMessageNotContaining("output.weight, blk.{i}.attn_q.bias");
    floats(without, norm, 1, 1, 1, 1);
    assertThatThrownBy(() -> open(without))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("tensor " + norm + " has shape [4]")
        .hasMessageContaining("asks for [16] [HEAD]");
  }

  @Test
  void namesAMissingTensorAndWhatIsNeeded() {
    assertThatThrownBy(() -> open(TinyModels.llama(name -> !name.equals("blk.1.ffn_up.weight"))))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("tiny.gguf: tensor blk.1.ffn_up.weight is missing")
        .hasMessageContaining("blk.{i}.ffn_down.weight");
  }

  @ParameterizedTest
  @ValueSource(strings = {"mamba", "qwen3moe"})
  void namesAnUnknownArchitectureAndWhatIsSupported(String architecture) {
    assertThatThrownBy(() -> open(new GgufWriter().put("general.architecture", architecture)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("architecture " + architecture + " is not supported")
        .hasMessageContaining("llama [LlamaForCausalLM, MistralForCausalLM], qwen2")
        .hasMessageContaining("qwen3 [Qwen3ForCausalLM]");
  }

  @Test
  void refusesTensorsThatTheFamilyDoesNotCompute() {
    GgufWriter writer = TinyModels.llama(tensor -> true);
    floats(writer, "blk.0.attn_q_norm.weight", 1, 2);
    assertThatThrownBy(() -> open(writer))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("blk.0.attn_q_norm.weight is not part of architecture llama");
  }

  @Test
  void saysThatAVocabularyOnlyFileCannotGenerate() {
    assertThatThrownBy(() -> open(TinyModels.metadata("llama")))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("vocabulary only");
  }

  @Test
  void readsLinearRopeScaling() throws IOException {
    GgufWriter writer =
        TinyModels.llama(tensor -> true)
            .put("llama.rope.scaling.type", "linear")
            .put("llama.rope.scaling.factor", 4f);
    try (ModelWeights model = open(writer)) {
      assertThat(model.config().ropeScaling()).isEqualTo(new RopeScaling.Linear(4));
    }
  }

  @Test
  void refusesRopeScalingThatItDoesNotCompute() {
    GgufWriter writer = TinyModels.llama(tensor -> true).put("llama.rope.scaling.type", "yarn");
    assertThatThrownBy(() -> open(writer)).hasMessageContaining("yarn; supported are none, linear");
  }

  @Test
  void readsFrequencyDivisorsFromTheFile() throws IOException {
    GgufWriter writer = TinyModels.llama(tensor -> true);
    floats(writer, "rope_freqs.weight", 1, 2, 4, 8);
    try (ModelWeights model = open(writer)) {
      assertThat(model.config().ropeScaling())
          .isInstanceOfSatisfying(
              RopeScaling.PerFrequency.class,
              scaling -> assertThat(scaling.divisors()).containsExactly(1, 2, 4, 8));
    }
  }

  @Test
  void givesTokenizerAndChatTemplate() throws IOException {
    GgufWriter writer =
        TinyModels.llama(tensor -> true)
            .put("tokenizer.chat_template", "{{ bos_token + messages[0].content + eos_token }}");
    try (LoadedModel model = ModelFiles.open(TinyModels.write(writer, folder))) {
      assertThat(model.tokenizer().encode("ab c", true, false))
          .containsExactly(1, 263, 261, 259, 264);
      assertThat(model.tokenizer().eosIds()).containsExactly(2);
      assertThat(
              model
                  .chatTemplate()
                  .orElseThrow()
                  .render(List.of(Map.of("content", "hello")), true, Map.of()))
          .isEqualTo("<s>hello</s>");
    }
  }

  @Test
  void opensRealModels() throws IOException {
    Path models = SharedAssets.require("models");
    try (ModelWeights stories =
            ModelFiles.openWeights(models.resolve("stories260K/stories260K-f32.gguf"));
        ModelWeights target =
            ModelFiles.openWeights(models.resolve("babyllama-char/tok105-model5000-q8_0.gguf"));
        ModelWeights draft =
            ModelFiles.openWeights(models.resolve("babyllama-char/tok361-sliced105-q4_0.gguf"))) {
      assertThat(stories.config().vocabularySize()).isEqualTo(512);
      assertThat(stories.weights().bytes()).isEqualTo(1_171_200L);
      assertThat(target.config().contextTokens()).isEqualTo(256);
      assertThat(target.weights().tensor("blk.4.ffn_up.weight").format())
          .isEqualTo(WeightFormat.Q8_0);
      assertThat(draft.weights().tensor("token_embd.weight").format()).isEqualTo(WeightFormat.Q4_0);
    }
  }

  private ModelWeights open(GgufWriter writer) throws IOException {
    return ModelFiles.openWeights(TinyModels.write(writer, folder));
  }

  private static void floats(GgufWriter writer, String name, float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value);
    }
    writer.tensor(
        name, WeightFormat.F32, List.of((long) values.length), out -> out.write(bytes.array()));
  }
}
