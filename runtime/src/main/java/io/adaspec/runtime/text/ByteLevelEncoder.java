package io.adaspec.runtime.text;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** Byte-level BPE (GPT-2 and its descendants): words of bytes, merged by a ranked list of pairs. */
final class ByteLevelEncoder implements TextEncoder {
  private final PreTokenizer preTokenizer;
  private final ByteLookup lookup;
  private final PairTable pairs;
  private final int[] byteIds;

  ByteLevelEncoder(
      TokenTable table, List<String> merges, PreTokenizer preTokenizer, OptionalInt unknownId) {
    this.preTokenizer = preTokenizer;
    this.lookup = new ByteLookup(table, id -> table.kind(id) == TokenKind.NORMAL);
    this.pairs = new PairTable(merges.size());
    Map<String, Integer> ids = new HashMap<>(table.size() * 2);
    for (int id = 0; id < table.size(); id++) {
      ids.putIfAbsent(table.name(id), id);
    }
    for (int rank = 0; rank < merges.size(); rank++) {
      addMerge(merges.get(rank), rank, ids);
    }
    this.byteIds = new int[256];
    Arrays.fill(byteIds, unknownId.orElse(-1));
    for (int b = 0; b < 256; b++) {
      int id = lookup.find(new byte[] {(byte) b}, 0, 1);
      byteIds[b] = id >= 0 ? id : byteIds[b];
    }
  }

  /** A merge whose parts or result are no tokens can never apply and is left out. */
  private void addMerge(String merge, int rank, Map<String, Integer> ids) {
    int space = merge.indexOf(' ', 1);
    if (space < 0 || space == merge.length() - 1) {
      throw new IllegalArgumentException(
          "merge " + rank + " is \"" + merge + "\", not two tokens with a space between");
    }
    String leftName = merge.substring(0, space);
    String rightName = merge.substring(space + 1);
    Integer left = ids.get(leftName);
    Integer right = ids.get(rightName);
    Integer result = ids.get(leftName.concat(rightName));
    if (left != null && right != null && result != null) {
      pairs.put(left, right, rank, result);
    }
  }

  @Override
  public void encode(CharSequence text, int start, int end, boolean afterSpecial, IdBuffer out) {
    Utf8 word = new Utf8();
    PairMerger merger = new PairMerger();
    preTokenizer.split(
        text,
        start,
        end,
        (from, to) -> {
          word.clear();
          for (int i = from; i < to; ) {
            int codePoint = Character.codePointAt(text, i);
            word.append(codePoint);
            i += Character.charCount(codePoint);
          }
          encodeWord(word.bytes(), word.size(), merger, out);
        });
  }

  private void encodeWord(byte[] word, int size, PairMerger merger, IdBuffer out) {
    if (preTokenizer.wholeWordsFirst() || size == 1) {
      int id = lookup.find(word, 0, size);
      if (id >= 0) {
        out.add(id);
        return;
      }
    }
    merger.clear();
    for (int i = 0; i < size; i++) {
      merger.add(byteIds[Byte.toUnsignedInt(word[i])], i);
    }
    merger.merge(size, pairs);
    for (int symbol = 0; symbol < merger.end(); symbol = merger.after(symbol)) {
      if (merger.id(symbol) >= 0) {
        out.add(merger.id(symbol));
      }
    }
  }

  /** Merges by pair of ids: an open-addressing hash table. */
  private static final class PairTable implements PairMerger.Rule {
    private final long[] keys;
    private final long[] results;
    private final int mask;

    PairTable(int size) {
      keys = new long[Integer.highestOneBit(Math.max(8, size)) * 4];
      results = new long[keys.length];
      mask = keys.length - 1;
      Arrays.fill(keys, -1);
    }

    /** The first of several equal merges counts. */
    void put(int left, int right, int rank, int id) {
      long key = key(left, right);
      int slot = slot(key);
      while (keys[slot] != -1 && keys[slot] != key) {
        slot = slot + 1 & mask;
      }
      if (keys[slot] == -1) {
        keys[slot] = key;
        results[slot] = PairMerger.merged(rank, id);
      }
    }

    @Override
    public long merge(int left, int right, int start, int end) {
      long key = key(left, right);
      int slot = slot(key);
      while (keys[slot] != -1) {
        if (keys[slot] == key) {
          return results[slot];
        }
        slot = slot + 1 & mask;
      }
      return PairMerger.NONE;
    }

    private static long key(int left, int right) {
      return (long) left << 32 | (right & 0xFFFFFFFFL);
    }

    private int slot(long key) {
      long mixed = key * 0x9E3779B97F4A7C15L;
      return (int) (mixed >>> 40) & mask;
    }
  }
}
