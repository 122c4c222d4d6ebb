package io.adaspec.runtime.text;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * SentencePiece's BPE: characters merge to the highest-scored token first; what is left over
 * becomes byte tokens, or the unknown token where the vocabulary has no bytes.
 */
final class SentencePieceEncoder implements TextEncoder {
  /** What vocabularies write for a space; the token table has it as a space. */
  private static final int VISIBLE_SPACE = '\u2581';

  private final ByteLookup lookup;
  private final int[] ranks;
  private final int[] byteIds;
  private final OptionalInt unknownId;
  private final boolean addSpacePrefix;

  SentencePieceEncoder(
      TokenTable table, float[] scores, OptionalInt unknownId, boolean addSpacePrefix) {
    if (scores.length != table.size()) {
      throw new IllegalArgumentException(
          "the vocabulary has " + table.size() + " tokens, but " + scores.length + " scores");
    }
    this.lookup =
        new ByteLookup(
            table,
            id ->
                switch (table.kind(id)) {
                  case NORMAL, USER_DEFINED, UNUSED -> true;
                  case CONTROL, UNKNOWN, BYTE -> false;
                });
    this.ranks = ranks(scores);
    this.byteIds = byteIds(table);
    this.unknownId = unknownId;
    this.addSpacePrefix = addSpacePrefix;
  }

  /** Ranks by falling score; equal scores share a rank. */
  private static int[] ranks(float[] scores) {
    List<Integer> order =
        IntStream.range(0, scores.length)
            .boxed()
            .sorted(Comparator.comparingDouble(id -> -scores[id]))
            .toList();
    int[] ranks = new int[scores.length];
    for (int i = 1; i < scores.length; i++) {
      int id = order.get(i);
      int before = order.get(i - 1);
      ranks[id] = ranks[before] + (scores[id] == scores[before] ? 0 : 1);
    }
    return ranks;
  }

  private static int[] byteIds(TokenTable table) {
    int[] byteIds = new int[256];
    Arrays.fill(byteIds, -1);
    for (int id = 0; id < table.size(); id++) {
      if (table.kind(id) == TokenKind.BYTE) {
        byteIds[Byte.toUnsignedInt(table.bytes(id)[0])] = id;
      }
    }
    return byteIds;
  }

  @Override
  public void encode(CharSequence text, int start, int end, boolean afterSpecial, IdBuffer out) {
    Utf8 bytes = new Utf8();
    if (addSpacePrefix && afterSpecial) {
      bytes.append(' ');
    }
    for (int i = start; i < end; ) {
      int codePoint = Character.codePointAt(text, i);
      bytes.append(codePoint == VISIBLE_SPACE ? ' ' : codePoint);
      i += Character.charCount(codePoint);
    }
    encode(bytes.bytes(), bytes.size(), out);
  }

  private void encode(byte[] bytes, int size, IdBuffer out) {
    PairMerger merger = new PairMerger();
    for (int at = 0; at < size; ) {
      int end = at + Utf8.length(bytes[at]);
      merger.add(lookup.find(bytes, at, end), at);
      at = end;
    }
    merger.merge(
        size,
        (left, right, from, to) -> {
          int id = lookup.find(bytes, from, to);
          return id < 0 ? PairMerger.NONE : PairMerger.merged(ranks[id], id);
        });
    boolean afterUnknown = false;
    for (int symbol = 0; symbol < merger.end(); symbol = merger.after(symbol)) {
      int id = merger.id(symbol);
      if (id >= 0) {
        out.add(id);
        afterUnknown = false;
      } else {
        int next = merger.start(merger.after(symbol));
        afterUnknown = fallBack(bytes, merger.start(symbol), next, afterUnknown, out);
      }
    }
  }

  /** Adds byte tokens; a run of what has none becomes one unknown token. */
  private boolean fallBack(byte[] bytes, int start, int end, boolean afterUnknown, IdBuffer out) {
    boolean unknown = afterUnknown;
    for (int i = start; i < end; i++) {
      int id = byteIds[Byte.toUnsignedInt(bytes[i])];
      if (id >= 0) {
        out.add(id);
        unknown = false;
      } else {
        if (!unknown && unknownId.isPresent()) {
          out.add(unknownId.getAsInt());
        }
        unknown = true;
      }
    }
    return unknown;
  }
}
