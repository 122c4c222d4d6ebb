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
    return new ModelWeights(config, weights);
  }

  /**
   * Refuses a draft model whose token ids do not mean what this model's ids mean. Such a pair would
   * still give the right text, only without any gain.
   *
   * @throws IllegalArgumentException naming the first difference
   */
  public void requireSameVocabulary(LoadedModel draft) {
    int tokens = tokenizer.vocabularySize();
    int draftTokens = draft.tokenizer.vocabularySize();
    if (draft.config.vocabularySize() != config.vocabularySize() || draftTokens != tokens) {
      throw foreign(
          draft,
          draftTokens + " tokens (" + draft.config.vocabularySize() + " embedding rows)",
          tokens + " (" + config.vocabularySize() + ")");
    }
    for (int id = 0; id < tokens; id++) {
      String name = tokenizer.tokenName(id);
      String draftName = draft.tokenizer.tokenName(id);
      if (!name.equals(draftName)) {
        throw foreign(draft, "token " + id + " '" + draftName + "'", "'" + name + "'");
      }
    }
  }

  private IllegalArgumentException foreign(LoadedModel draft, String has, String wanted) {
    return new IllegalArgumentException(
        "draft model '"
            + draft.config.name()
            + "' has "
            + has
            + " and target '"
            + config.name()
            + "' "
            + wanted
            + "; give a draft of the same vocabulary, or use the n-gram drafter");
  }

  /** Unmaps the weights; the text side stays usable. */
  @Override
  public void close() {
    weights.close();
  }
}
