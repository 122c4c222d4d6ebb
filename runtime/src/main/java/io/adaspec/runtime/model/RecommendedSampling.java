package io.adaspec.runtime.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.adaspec.runtime.request.SamplingDefaults;
import java.util.OptionalDouble;
import java.util.function.Function;

/**
 * How a model's makers want it sampled: {@code general.sampling.*} of a GGUF file (as llama.cpp
 * writes and reads it) and {@code generation_config.json} of a Hugging Face folder.
 */
final class RecommendedSampling {
  private static final String GGUF = "general.sampling";
  private static final String JSON = "generation_config.json";

  private RecommendedSampling() {}

  static SamplingDefaults of(GgufMetadata metadata) {
    return read("temp", GGUF, name -> metadata.number(GGUF + "." + name));
  }

  /** Without sampling ({@code do_sample} false) its parameters mean nothing. */
  static SamplingDefaults of(JsonNode generation) {
    return generation.path("do_sample").asBoolean(true)
        ? read("temperature", JSON, name -> number(generation, name))
        : SamplingDefaults.plain();
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
      String temperature, String where, Function<String, OptionalDouble> value) {
    SamplingDefaults plain = SamplingDefaults.plain();
    try {
      return new SamplingDefaults(
          (float) value.apply(temperature).orElse(plain.temperature()),
          (int) Math.max(plain.topK(), value.apply("top_k").orElse(plain.topK())), // -1: all
          (float) value.apply("top_p").orElse(plain.topP()),
          (float) value.apply("min_p").orElse(plain.minP()));
    } catch (ModelFormatException e) {
      throw e;
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(where + ": " + e.getMessage(), e);
    }
  }
}
