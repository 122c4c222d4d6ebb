package io.adaspec.actors;

import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.text.StreamingDecoder;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One request's way from tokens to deliverable text.
 *
 * <p>Text is held back while it may be the beginning of a stop string, across any token borders. Of
 * several stop strings the one that is complete first counts, so the outcome does not depend on how
 * the text is cut into tokens. A token is deliverable with the last character of its text; when a
 * stop string begins inside a token's text, that token is the last one. Never splits a code point.
 * Not thread-safe.
 */
final class OutputText {
  private record Token(int id, int start, int end) {}

  private final Supplier<StreamingDecoder> decoders;
  private final List<String> stops;
  private final int longestStop;

  private @Nullable StreamingDecoder decoder;
  private final Deque<Token> tokens = new ArrayDeque<>();
  private final StringBuilder text = new StringBuilder();
  private int base; // characters delivered before text
  private int deliverable; // characters of text that may go out
  private int deliverableTokens;
  private int deliveredTokens;
  private boolean stopped;

  /**
   * @param decoders called at the first token, when the prompt is known to be valid
   */
  OutputText(Supplier<StreamingDecoder> decoders, List<String> stops) {
    this.decoders = decoders;
    this.stops = stops;
    this.longestStop = stops.stream().mapToInt(String::length).max().orElse(0);
  }

  /**
   * Adds output tokens; those behind a stop string are dropped.
   *
   * @return whether a stop string was found, now or before
   */
  boolean push(int[] ids) {
    StreamingDecoder open = decoder();
    for (int i = 0; i < ids.length && !stopped; i++) {
      int start = text.length();
      text.append(open.push(ids[i]));
      tokens.addLast(new Token(ids[i], base + start, base + text.length()));
      scan(start);
    }
    countDeliverable();
    return stopped;
  }

  /** No token follows: what was held back becomes deliverable. */
  void end() {
    if (!stopped && decoder != null) {
      int start = text.length();
      text.append(decoder.flush());
      scan(start);
      if (!stopped) {
        deliverable = text.length();
      }
      countDeliverable();
    }
  }

  /** Whether there is anything to deliver. */
  boolean hasDeliverable() {
    return deliverable > 0 || deliverableTokens > 0;
  }

  /** Tokens that wait for the consumer; what is held back for a stop string does not. */
  int deliverableTokens() {
    return deliverableTokens;
  }

  /** Tokens that are delivered or wait for it. */
  int tokens() {
    return deliveredTokens + deliverableTokens;
  }

  /** Takes all that is deliverable. */
  TokenEvent.Tokens take() {
    int[] ids = new int[deliverableTokens];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = tokens.removeFirst().id();
    }
    TokenEvent.Tokens event =
        new TokenEvent.Tokens(text.substring(0, deliverable), TokenIds.of(ids), deliveredTokens);
    text.delete(0, deliverable);
    base += deliverable;
    deliverable = 0;
    deliveredTokens += ids.length;
    deliverableTokens = 0;
    return event;
  }

  private StreamingDecoder decoder() {
    StreamingDecoder open = decoder;
    if (open == null) {
      open = decoders.get();
      decoder = open;
    }
    return open;
  }

  private void scan(int appendedFrom) {
    if (stops.isEmpty()) {
      deliverable = text.length();
      return;
    }
    int match = firstMatch(Math.max(0, appendedFrom - longestStop + 1));
    if (match >= 0) {
      stopped = true;
      text.setLength(match);
      tokens.removeIf(token -> token.end() > base + match && token.start() >= base + match);
      deliverable = match;
    } else {
      deliverable = Math.max(deliverable, text.length() - heldBack());
    }
  }

  /** Start of the stop string that is complete first, or −1. */
  private int firstMatch(int from) {
    int bestStart = -1;
    int bestEnd = Integer.MAX_VALUE;
    for (String stop : stops) {
      int start = text.indexOf(stop, from);
      while (start >= 0 && splitsCodePoint(start)) {
        start = text.indexOf(stop, start + 1);
      }
      int end = start + stop.length();
      if (start >= 0 && (end < bestEnd || (end == bestEnd && start < bestStart))) {
        bestStart = start;
        bestEnd = end;
      }
    }
    return bestStart;
  }

  /** Characters at the end of the text that may be the beginning of a stop string. */
  private int heldBack() {
    int held = 0;
    for (String stop : stops) {
      for (int length = Math.min(stop.length() - 1, text.length()); length > held; length--) {
        if (endsWith(stop, length)) {
          held = length;
        }
      }
    }
    return held > 0 && splitsCodePoint(text.length() - held) ? held + 1 : held;
  }

  private boolean endsWith(String stop, int length) {
    int offset = text.length() - length;
    for (int i = 0; i < length; i++) {
      if (text.charAt(offset + i) != stop.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private boolean splitsCodePoint(int index) {
    return index > 0
        && index < text.length()
        && Character.isLowSurrogate(text.charAt(index))
        && Character.isHighSurrogate(text.charAt(index - 1));
  }

  private void countDeliverable() {
    int limit = base + deliverable;
    deliverableTokens = 0;
    for (Token token : tokens) {
      boolean whole = token.end() <= limit;
      boolean cutByStop = stopped && token.start() < limit;
      if (!whole && !cutByStop) {
        break;
      }
      deliverableTokens++;
    }
  }
}
