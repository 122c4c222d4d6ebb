package io.adaspec.actors;

import io.adaspec.runtime.text.Tokenizer;

/**
 * What the engine must know of the model it serves; the weights are the devices' business.
 *
 * @param name as clients ask for it
 * @param tokenizer text to tokens and back
 * @param contextTokens longest prompt and output together
 */
public record EngineModel(String name, Tokenizer tokenizer, int contextTokens) {
  public EngineModel {
    if (name.isBlank()) {
      throw new IllegalArgumentException("the model has no name; give it one");
    }
    if (contextTokens <= 0) {
      throw new IllegalArgumentException(
          "model " + name + ": context tokens must be positive, not " + contextTokens);
    }
  }
}
