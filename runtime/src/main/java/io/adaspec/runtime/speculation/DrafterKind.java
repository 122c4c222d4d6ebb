package io.adaspec.runtime.speculation;

/** Where draft tokens come from. */
public enum DrafterKind {
  /** No drafting: plain decoding. */
  NONE,
  /** The draft model. */
  MODEL,
  /** Prompt lookup: the continuation of an earlier occurrence of the last few tokens. */
  NGRAM;

  /**
   * This drafter where no more than {@code most} is allowed: {@code MODEL} allows all, {@code
   * NGRAM} lookup alone.
   */
  public DrafterKind within(DrafterKind most) {
    return switch (most) {
      case NONE -> NONE;
      case NGRAM -> this == NONE ? NONE : NGRAM;
      case MODEL -> this;
    };
  }
}
