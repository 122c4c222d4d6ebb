package io.adaspec.runtime.model;

import io.adaspec.runtime.text.ChatTemplate;
import io.adaspec.runtime.text.Tokenizer;
import java.util.Optional;

/**
 * Everything that one model file or folder gives: shape, weights and its text side.
 *
 * @param config shape and constants
 * @param weights tensors, mapped from the file
 * @param tokenizer text to ids; its vocabulary may be smaller than the embedding, never larger
 * @param chatTemplate the prompt format, for chat models
 */
public record LoadedModel(
    ModelConfig config, Weights weights, Tokenizer tokenizer, Optional<ChatTemplate> chatTemplate)
    implements AutoCloseable {

  /** The part that a device needs. */
  public ModelWeights forDevice() {
    return new ModelWeights(config, weights, Optional.of(tokenizer));
  }

  /** Unmaps the weights; the text side stays usable. */
  @Override
  public void close() {
    weights.close();
  }
}
