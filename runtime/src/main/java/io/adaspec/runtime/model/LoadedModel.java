package io.adaspec.runtime.model;

import io.adaspec.runtime.request.SamplingDefaults;
import io.adaspec.runtime.text.ChatTemplate;
import io.adaspec.runtime.text.Tokenizer;
import java.util.Optional;

/**
 * Everything that one model file or folder gives: shape, weights and its text side.
 *
 * @param config shape and constants
 * @param weights tensors, mapped from the file
 * @param text tokenizer and formats; the embedding has a row for each token and no others
 */
public record LoadedModel(ModelConfig config, Weights weights, ModelText text)
    implements AutoCloseable {

  public Tokenizer tokenizer() {
    return text.tokenizer();
  }

  public Optional<ChatTemplate> chatTemplate() {
    return text.chatTemplate();
  }

  /** How its makers recommend to sample. */
  public SamplingDefaults sampling() {
    return text.sampling();
  }

  /** The part that a device needs. */
  public ModelWeights forDevice() {
    return new ModelWeights(config, weights, Optional.of(tokenizer()));
  }

  /** Unmaps the weights; the text side stays usable. */
  @Override
  public void close() {
    weights.close();
  }
}
