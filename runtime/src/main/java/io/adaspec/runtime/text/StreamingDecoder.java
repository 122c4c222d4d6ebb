package io.adaspec.runtime.text;

/**
 * Turns tokens into text as they come, in whole code points.
 *
 * <p>The concatenation of all {@link #push} results and the final {@link #flush} equals the decoded
 * whole, for any tokens. One stream each; not thread-safe.
 */
public interface StreamingDecoder {
  /**
   * Adds a token; returns the text that is complete by now, possibly empty. At most three bytes of
   * an unfinished code point are held back.
   */
  String push(int tokenId);

  /** Ends the stream: U+FFFD if a code point was left unfinished, else the empty text. */
  String flush();
}
