package io.adaspec.runtime.speculation;

/** Where draft tokens come from. */
public enum DrafterKind {
  /** No drafting: plain decoding. */
  NONE,
  /** The draft model. */
  MODEL,
  /** Prompt lookup: the continuation of an earlier occurrence of the last few tokens. */
  NGRAM
}
