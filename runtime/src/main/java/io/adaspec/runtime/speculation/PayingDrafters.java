package io.adaspec.runtime.speculation;

/**
 * Which drafters are worth using for one request, by what they have earned for it.
 *
 * @param model the draft model
 * @param lookup n-gram lookup
 */
public record PayingDrafters(boolean model, boolean lookup) {
  /** Nothing speaks against any. */
  public static final PayingDrafters ALL = new PayingDrafters(true, true);
}
