package io.adaspec.runtime.model;

import io.adaspec.runtime.tensor.WeightTensor;
import io.adaspec.runtime.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;

/** Reads models from GGUF files. */
final class GgufModel {
  private GgufModel() {}

  static ModelWeights weights(Path path) throws IOException {
    GgufFile file = GgufFile.open(path);
    try {
      ModelConfig config = GgufConfig.read(file);
      Map<String, WeightTensor> tensors =
          GgufConfig.architecture(file)
              .bind(
                  config,
                  file.tensors().stream().map(GgufTensor::name).collect(Collectors.toSet()),
                  file::tensor,
                  false);
      return new ModelWeights(config, new MappedWeights(tensors, file::close));
    } catch (ModelFormatException e) {
      file.close();
      throw e.in(path);
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  static ModelText text(Path path) throws IOException {
    try (GgufFile file = GgufFile.open(path)) {
      return text(path, file.metadata());
    }
  }

  private static ModelText text(Path path, GgufMetadata metadata) {
    try {
      Tokenizer tokenizer = GgufVocabulary.tokenizer(metadata);
      return new ModelText(
          tokenizer,
          metadata
              .text("tokenizer.chat_template")
              .map(source -> ChatTemplates.of(source, bos(tokenizer), eos(metadata, tokenizer))),
          RecommendedSampling.of(metadata));
    } catch (ModelFormatException e) {
      throw e.in(path);
    }
  }

  private static String bos(Tokenizer tokenizer) {
    return tokenizer.bosId().isPresent() ? tokenizer.tokenName(tokenizer.bosId().getAsInt()) : "";
  }

  private static String eos(GgufMetadata metadata, Tokenizer tokenizer) {
    long id = metadata.integer("tokenizer.ggml.eos_token_id").orElse(-1);
    return id >= 0 && id < tokenizer.vocabularySize() ? tokenizer.tokenName((int) id) : "";
  }
}
