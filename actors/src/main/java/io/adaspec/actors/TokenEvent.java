package io.adaspec.actors;

import io.adaspec.runtime.request.FinishReason;
import io.adaspec.runtime.request.TokenIds;

/**
 * What a request's stream carries: any number of {@link Tokens}, then one {@link Finished}, then
 * the end of the stream. Immutable.
 */
public sealed interface TokenEvent {
  /**
   * Output that became deliverable since the last event; a slow consumer gets fewer, larger ones.
   *
   * @param text whole code points, never a part of a stop string; may be empty when the tokens end
   *     inside a code point or have no text
   * @param tokenIds the tokens whose text is now delivered; may be empty when the text completes a
   *     token of an earlier event
   * @param firstOutputIndex output tokens delivered before these
   */
  record Tokens(String text, TokenIds tokenIds, int firstOutputIndex) implements TokenEvent {}

  /**
   * The regular end; all output has been delivered.
   *
   * @param reason why the output ended: {@code STOP}, {@code LENGTH} or {@code CANCELLED}
   * @param summary what it cost
   */
  record Finished(FinishReason reason, GenerationSummary summary) implements TokenEvent {}
}
