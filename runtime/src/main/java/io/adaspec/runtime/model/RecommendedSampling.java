package io.adaspec.runtime.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.adaspec.runtime.request.SamplingDefaults;
import java.util.OptionalDouble;
import java.util.function.Function;

/**
 * How a model's makers want it sampled: {@code general.sampling.*} of a GGUF file (as llama.cpp
 * writes and reads it) and {@code generation_config.json} of a Hugging Face folder.
 *
 * <p>A repetition penalty is meant for the whole text. One that a GGUF file wants for its last
 * tokens alone ({@code penalty_last_n} other than −1) is something else and left out.
 */
final class RecommendedSampling {
  private static final String GGUF = "general.sampling";
  private static final String JSON = "generation_config.json";
  private static final int WHOLE_TEXT = -1;

  private RecommendedSampling() {}

  static SamplingDefaults of(GgufMetadata metadata) {
    Function<String, OptionalDouble> value = name -> metadata.number(GGUF + "." + name);
    boolean wholeText = value.apply("penalty_last_n").orElse(WHOLE_TEXT) == WHOLE_TEXT;
    return read(
        "temp", wholeText ? value.apply("penalty_repeat") : OptionalDouble.empty(), GGUF, value);
  }

  /** Without sampling ({@code do_sample} false) its parameters mean nothing, penalties apart. */
  static SamplingDefaults of(JsonNode generation) {
    OptionalDouble penalty = number(generation, "repetition_penalty");
    return generation.path("do_sample").asBoolean(true)
        ? read("temperature", penalty, JSON, name -> number(generation, name))
        : read("temperature", penalty, JSON, name -> OptionalDouble.empty());
  }

  private static OptionalDouble number(JsonNode generation, String name) {
    JsonNode value = generation.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return OptionalDouble.empty();
    }
    if (!value.isNumber()) {
      throw new ModelFormatException(
          JSON + ": " + name + " must be a number, not " + value.getNodeType());
    }
    return OptionalDouble.of(value.doubleValue());
  }

  private static SamplingDefaults read(
      String temperature,
      OptionalDouble penalty,
      String where,
      Function<String, OptionalDouble> value) {
    SamplingDefaults plain = SamplingDefaults.plain();
    try {
      return new SamplingDefaults(
          (float) value.apply(temperature).orElse(plain.temperature()),
          (int) Math.max(plain.topK(), value.apply("top_k").orElse(plain.topK())), // -1: all
          (float) value.apply("top_p").orElse(plain.topP()),
          (float) value.apply("min_p").orElse(plain.minP()),
          (float) penalty.orElse(plain.repetitionPenalty()));
    } catch (ModelFormatException e) {
      throw e;
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(where + ": " + e.getMessage(), e);
    }
  }
}
