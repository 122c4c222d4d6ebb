package io.adaspec.runtime.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.adaspec.runtime.model.ModelConfig.RopePairing;
import java.util.Set;

/** Reads a {@link ModelConfig} from a Hugging Face config.json. */
final class HuggingFaceConfig {
  private final JsonNode json;
  private final Architecture architecture;

  private HuggingFaceConfig(JsonNode json) {
    this.json = json;
    this.architecture = architecture(json);
  }

  /** The family that the file declares. */
  static Architecture architecture(JsonNode json) {
    JsonNode name = json.path("architectures").path(0);
    if (!name.isTextual()) {
      throw new ModelFormatException(
          "architectures is missing; supported are " + Architectures.names());
    }
    return Architectures.ofHuggingFaceClass(name.textValue());
  }

  /**
   * The configuration.
   *
   * @param name the model's name, for people
   * @param tensors names of the tensors in the weights file
   */
  static ModelConfig read(JsonNode json, String name, Set<String> tensors) {
    return new HuggingFaceConfig(json).read(name, tensors);
  }

  private ModelConfig read(String name, Set<String> tensors) {
    mustBe("hidden_act", "silu");
    mustBe("mlp_bias", "false");
    if (json.hasNonNull("quantization_config")) {
      throw new ModelFormatException(
          "quantization_config is not supported; take the model in F32, F16 or BF16, or a GGUF");
    }
    int hiddenSize = required("hidden_size");
    int heads = required("num_attention_heads");
    int headSize = optional("head_dim", heads > 0 ? hiddenSize / heads : 0);
    return new ModelConfig(
        architecture.name(),
        name,
        required("vocab_size"),
        required("num_hidden_layers"),
        hiddenSize,
        required("intermediate_size"),
        heads,
        optional("num_key_value_heads", heads),
        headSize,
        contextTokens(),
        (float) number(json, "rms_norm_eps", 1e-6),
        (float) number(ropeParameters(), "rope_theta", number(json, "rope_theta", 10_000)),
        (int) (headSize * number(json, "partial_rotary_factor", 1)),
        ropeScaling(),
        RopePairing.HALVES,
        architecture.attentionBias() || json.path("attention_bias").asBoolean(false),
        architecture.queryKeyNorm(),
        json.path("tie_word_embeddings").asBoolean(!tensors.contains("lm_head.weight")));
  }

  /** A sliding window never matters to sequences within it, so it bounds the context instead. */
  private int contextTokens() {
    int context = required("max_position_embeddings");
    boolean windowed =
        json.path("sliding_window").isIntegralNumber()
            && json.path("use_sliding_window").asBoolean(true);
    return windowed ? Math.min(context, required("sliding_window")) : context;
  }

  private JsonNode ropeParameters() {
    return json.hasNonNull("rope_parameters")
        ? json.path("rope_parameters")
        : json.path("rope_scaling");
  }

  private RopeScaling ropeScaling() {
    JsonNode scaling = ropeParameters();
    String type = scaling.path("rope_type").asText(scaling.path("type").asText("default"));
    return switch (type) {
      case "default" -> new RopeScaling.None();
      case "linear" -> new RopeScaling.Linear((float) positive(scaling, "factor"));
      case "llama3" ->
          new RopeScaling.Llama3(
              (float) positive(scaling, "factor"),
              (float) positive(scaling, "low_freq_factor"),
              (float) positive(scaling, "high_freq_factor"),
              (int) positive(scaling, "original_max_position_embeddings"));
      default ->
          throw new ModelFormatException(
              "rope type " + type + " is not supported; supported are default, linear and llama3");
    };
  }

  private void mustBe(String key, String value) {
    if (json.hasNonNull(key) && !json.path(key).asText().equals(value)) {
      throw new ModelFormatException(
          key + " is " + json.path(key) + "; only " + value + " is supported");
    }
  }

  private int required(String key) {
    if (!json.hasNonNull(key)) {
      throw new ModelFormatException(key + " is missing");
    }
    return integer(key);
  }

  private int optional(String key, int otherwise) {
    return json.hasNonNull(key) ? integer(key) : otherwise;
  }

  private int integer(String key) {
    JsonNode value = json.path(key);
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw new ModelFormatException(key + " is " + value + ", not a whole number in range");
    }
    return value.intValue();
  }

  private static double number(JsonNode object, String key, double otherwise) {
    JsonNode value = object.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return otherwise;
    }
    if (!value.isNumber()) {
      throw new ModelFormatException(key + " is " + value + ", not a number");
    }
    return value.doubleValue();
  }

  private static double positive(JsonNode object, String key) {
    double value = number(object, key, Double.NaN);
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new ModelFormatException("rope scaling needs a positive " + key + ", not " + value);
    }
    return value;
  }
}
