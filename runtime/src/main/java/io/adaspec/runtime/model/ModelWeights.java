package io.adaspec.runtime.model;

import io.adaspec.runtime.text.Tokenizer;
import java.util.Optional;

/**
 * The numeric side of a model, ready to be put on a device. The weights stay open as long as a
 * device uses them.
 *
 * @param config shape and constants
 * @param weights tensors under the engine's names, mapped from the file
 * @param tokenizer what the token ids mean, where that is known
 */
public record ModelWeights(ModelConfig config, Weights weights, Optional<Tokenizer> tokenizer)
    implements AutoCloseable {
  /** A model whose token ids mean nothing here. */
  public ModelWeights(ModelConfig config, Weights weights) {
    this(config, weights, Optional.empty());
  }

  /**
   * The same without the rows of embedding and head that only pad the vocabulary: no token is ever
   * sampled from them, and models of one tokenizer have logits of one length, however each was
   * padded. Closing either closes both.
   *
   * @param tokens how many the tokenizer has; at most as many as there are rows
   */
  ModelWeights withoutPadding(int tokens) {
    if (tokens == config.vocabularySize()) {
      return this;
    }
    return new ModelWeights(
        config.withVocabularySize(tokens), new UnpaddedWeights(weights, tokens), tokenizer);
  }

  /**
   * Refuses a draft model whose token ids do not mean what this model's ids mean. Such a pair would
   * still give the right text, only without any gain. Costs a look at every token's name where both
   * are known.
   *
   * @throws ForeignVocabularyException naming the first difference
   */
  public void requireSameVocabulary(ModelWeights draft) {
    int rows = config.vocabularySize();
    int draftRows = draft.config.vocabularySize();
    if (tokenizer.isPresent() && draft.tokenizer.isPresent()) {
      requireSameTokens(tokenizer.get(), draft, draft.tokenizer.get());
    }
    if (rows != draftRows) {
      throw new ForeignVocabularyException(
          draft.config, draftRows + " embedding rows", config, rows + " of them");
    }
  }

  private void requireSameTokens(Tokenizer own, ModelWeights draft, Tokenizer drafting) {
    int tokens = own.vocabularySize();
    int draftTokens = drafting.vocabularySize();
    for (int id = 0; id < Math.min(tokens, draftTokens); id++) {
      String name = own.tokenName(id);
      String draftName = drafting.tokenName(id);
      if (!name.equals(draftName)) {
        throw new ForeignVocabularyException(
            draft.config, "token " + id + " '" + draftName + "'", config, "'" + name + "'");
      }
    }
    if (tokens != draftTokens) {
      throw new ForeignVocabularyException(
          draft.config,
          draftTokens + " tokens",
          config,
          tokens + " of them, the first being equal");
    }
  }

  /** Unmaps the weights. */
  @Override
  public void close() {
    weights.close();
  }
}
