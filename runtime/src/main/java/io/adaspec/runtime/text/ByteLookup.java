package io.adaspec.runtime.text;

import java.util.Arrays;
import java.util.function.IntPredicate;

/** Token ids by their bytes: an open-addressing hash table over a {@link TokenTable}. */
final class ByteLookup {
  private final TokenTable table;
  private final int[] slots;
  private final int mask;
  private final int longest;

  /** The first of several tokens of equal bytes is the one that is found. */
  ByteLookup(TokenTable table, IntPredicate include) {
    this.table = table;
    this.slots = new int[Integer.highestOneBit(Math.max(8, table.size())) * 4];
    this.mask = slots.length - 1;
    Arrays.fill(slots, -1);
    byte[] all = table.allBytes();
    int most = 0;
    for (int id = 0; id < table.size(); id++) {
      int start = table.start(id);
      int end = table.start(id + 1);
      if (start < end && include.test(id) && find(all, start, end, Integer.MAX_VALUE) < 0) {
        int slot = hash(all, start, end) & mask;
        while (slots[slot] >= 0) {
          slot = slot + 1 & mask;
        }
        slots[slot] = id;
        most = Math.max(most, end - start);
      }
    }
    this.longest = most;
  }

  /** The token of these bytes, or -1. */
  int find(byte[] bytes, int start, int end) {
    return find(bytes, start, end, longest);
  }

  private int find(byte[] bytes, int start, int end, int most) {
    if (end - start > most) {
      return -1;
    }
    byte[] all = table.allBytes();
    for (int slot = hash(bytes, start, end) & mask; slots[slot] >= 0; slot = slot + 1 & mask) {
      int id = slots[slot];
      if (Arrays.equals(bytes, start, end, all, table.start(id), table.start(id + 1))) {
        return id;
      }
    }
    return -1;
  }

  private static int hash(byte[] bytes, int start, int end) {
    int hash = 0x811C9DC5;
    for (int i = start; i < end; i++) {
      hash = (hash ^ bytes[i]) * 0x01000193;
    }
    return hash ^ hash >>> 15;
  }
}
