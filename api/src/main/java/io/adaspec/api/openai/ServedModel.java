package io.adaspec.api.openai;

import io.adaspec.actors.EngineModel;
import io.adaspec.runtime.request.SamplingDefaults;
import io.adaspec.runtime.text.ChatTemplate;
import io.adaspec.runtime.text.Tokenizer;
import java.util.Optional;

/**
 * A model as clients see it.
 *
 * @param model name, tokenizer and context of the engine's model
 * @param chatTemplate the prompt format; chat is refused without one
 * @param sampling for requests that do not say how to sample
 * @param createdSeconds when it was made or loaded, in seconds since 1970
 */
public record ServedModel(
    EngineModel model,
    Optional<ChatTemplate> chatTemplate,
    SamplingDefaults sampling,
    long createdSeconds) {

  public String name() {
    return model.name();
  }

  public Tokenizer tokenizer() {
    return model.tokenizer();
  }

  public int contextTokens() {
    return model.contextTokens();
  }
}
