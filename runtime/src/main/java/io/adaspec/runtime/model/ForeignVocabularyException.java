package io.adaspec.runtime.model;

/**
 * A draft model's token ids do not mean what the target's mean, so its drafts would never be kept.
 * Opening the pair again does not help; the message names the first difference.
 */
public final class ForeignVocabularyException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  ForeignVocabularyException(ModelConfig draft, String has, ModelConfig target, String wanted) {
    super(
        "draft model '"
            + draft.name()
            + "' has "
            + has
            + " and target '"
            + target.name()
            + "' "
            + wanted
            + "; give a draft of the same vocabulary, or use the n-gram drafter");
  }
}
