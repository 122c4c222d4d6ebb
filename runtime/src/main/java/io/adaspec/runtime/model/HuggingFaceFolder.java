package io.adaspec.runtime.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.adaspec.runtime.tensor.WeightTensor;
import io.adaspec.runtime.text.JsonTokenizer;
import io.adaspec.runtime.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Reads models from folders as Hugging Face lays them out. */
final class HuggingFaceFolder {
  private HuggingFaceFolder() {}

  static ModelWeights weights(Path folder) throws IOException {
    JsonNode json = required(folder, "config.json");
    SafetensorsFolder file = SafetensorsFolder.open(folder);
    try {
      Set<String> names = new HashSet<>(file.names());
      ModelConfig config =
          HuggingFaceConfig.read(json, String.valueOf(folder.getFileName()), names);
      if (config.tiedHead()) {
        names.remove("lm_head.weight"); // some writers store the tied matrix twice
      }
      Map<String, WeightTensor> tensors =
          HuggingFaceConfig.architecture(json).bind(config, names, file::tensor, true);
      return new ModelWeights(config, new MappedWeights(tensors, file::close));
    } catch (ModelFormatException e) {
      file.close();
      throw e.in(folder);
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  static ModelText text(Path folder) throws IOException {
    JsonNode tokenizerConfig = JsonFiles.readIfPresent(folder.resolve("tokenizer_config.json"));
    String bosToken = token(tokenizerConfig.path("bos_token"));
    String eosToken = token(tokenizerConfig.path("eos_token"));
    JsonNode config = JsonFiles.readIfPresent(folder.resolve("config.json"));
    Set<Integer> eosIds = new HashSet<>(ids(config.path("eos_token_id")));
    JsonNode generation = JsonFiles.readIfPresent(folder.resolve("generation_config.json"));
    eosIds.addAll(ids(generation.path("eos_token_id")));
    JsonNode bosId = config.path("bos_token_id");
    try {
      JsonNode json = required(folder, "tokenizer.json");
      Tokenizer tokenizer =
          JsonTokenizer.of(
              json,
              bosToken,
              eosToken,
              bosId.canConvertToInt() ? OptionalInt.of(bosId.intValue()) : OptionalInt.empty(),
              eosIds);
      return new ModelText(
          tokenizer,
          chatTemplateSource(folder, tokenizerConfig)
              .map(source -> ChatTemplates.of(source, bosToken, eosToken)),
          RecommendedSampling.of(generation));
    } catch (ModelFormatException e) {
      throw e;
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(
          folder.getFileName() + ": tokenizer.json: " + e.getMessage(), e);
    }
  }

  private static JsonNode required(Path folder, String name) throws IOException {
    Path path = folder.resolve(name);
    if (!Files.exists(path)) {
      throw new ModelFormatException(
          folder.getFileName() + " has no " + name + "; it is no complete Hugging Face folder");
    }
    return JsonFiles.read(path);
  }

  /** A file of its own, a text, or the one named "default" of several. */
  private static Optional<String> chatTemplateSource(Path folder, JsonNode tokenizerConfig)
      throws IOException {
    Path file = folder.resolve("chat_template.jinja");
    if (Files.exists(file)) {
      return Optional.of(JsonFiles.text(file));
    }
    JsonNode template = tokenizerConfig.path("chat_template");
    for (JsonNode named : template) {
      if (named.path("name").asText().equals("default")) {
        return Optional.of(named.path("template").asText());
      }
    }
    return template.isTextual() ? Optional.of(template.textValue()) : Optional.empty();
  }

  /** Special tokens are written as texts or as objects with their content. */
  private static String token(JsonNode token) {
    return token.isObject() ? token.path("content").asText("") : token.asText("");
  }

  private static Set<Integer> ids(JsonNode value) {
    Set<Integer> ids = new HashSet<>();
    if (value.isIntegralNumber() && value.canConvertToInt()) {
      ids.add(value.intValue());
    }
    value.forEach(element -> ids.addAll(element.isIntegralNumber() ? ids(element) : Set.of()));
    return ids;
  }
}
