package io.adaspec.runtime.sampling;

/**
 * Keys in ascending order, as many of them as are asked for: a binary heap that is built at once,
 * in linear time. Unlike a sort of the library's, whose partitions may allocate, it leaves nothing
 * for the collector. Not thread-safe.
 */
final class RankHeap {
  private final long[] keys;
  private int size;

  /**
   * @param capacity most keys
   */
  RankHeap(int capacity) {
    this.keys = new long[capacity];
  }

  void clear() {
    size = 0;
  }

  /** Appends a key; {@link #build} comes before the first {@link #poll}. */
  void add(long key) {
    keys[size++] = key;
  }

  int size() {
    return size;
  }

  /** Orders what was added. */
  void build() {
    for (int parent = size / 2 - 1; parent >= 0; parent--) {
      sink(parent);
    }
  }

  /** Removes the least key; there must be one. */
  long poll() {
    long least = keys[0];
    keys[0] = keys[--size];
    sink(0);
    return least;
  }

  private void sink(int from) {
    long key = keys[from];
    int at = from;
    for (int child = 2 * at + 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && keys[child + 1] < keys[child]) {
        child++;
      }
      if (key <= keys[child]) {
        break;
      }
      keys[at] = keys[child];
      at = child;
    }
    keys[at] = key;
  }
}
