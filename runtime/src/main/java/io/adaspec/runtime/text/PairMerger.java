package io.adaspec.runtime.text;

import java.util.Arrays;

/**
 * Byte-pair merging: again and again the best pair of neighbours becomes one symbol, of equally
 * good ones the leftmost, until no pair can be merged. O(n log n) for n symbols. Not thread-safe;
 * made to be used again and again.
 */
final class PairMerger {
  /** Says what a pair of neighbours becomes. */
  interface Rule {
    /**
     * The merged symbol's rank (better is lower) in the upper and its id in the lower 32 bits, or
     * {@link #NONE}.
     *
     * @param start first byte of the left symbol
     * @param end first byte behind the right symbol
     */
    long merge(int leftId, int rightId, int start, int end);
  }

  static final long NONE = -1;
  private static final int DEAD = Integer.MIN_VALUE;

  private int[] ids = new int[64];
  private int[] starts = new int[65];
  private int[] next = new int[64];
  private int[] previous = new int[65];
  private int size;
  private long[] heap = new long[64];
  private int heapSize;

  static long merged(int rank, int id) {
    return (long) rank << 32 | id;
  }

  void clear() {
    size = 0;
  }

  /** Adds a symbol; {@code id} may be -1 for bytes that are no token. */
  void add(int id, int start) {
    if (size == ids.length) {
      int larger = Math.multiplyExact(size, 2);
      ids = Arrays.copyOf(ids, larger);
      starts = Arrays.copyOf(starts, larger + 1);
      next = new int[larger];
      previous = new int[larger + 1];
    }
    ids[size] = id;
    starts[size++] = start;
  }

  /** Merges all that can be merged; {@code end} is the first byte behind the last symbol. */
  void merge(int end, Rule rule) {
    starts[size] = end;
    heapSize = 0;
    for (int i = 0; i < size; i++) {
      next[i] = i + 1;
      previous[i] = i - 1;
    }
    for (int i = 0; i < size - 1; i++) {
      offer(i, rule);
    }
    while (heapSize > 0) {
      long best = poll();
      int left = (int) best;
      if (ids[left] == DEAD || next[left] == size) {
        continue;
      }
      int right = next[left];
      int after = next[right];
      long merged = rule.merge(ids[left], ids[right], starts[left], starts[after]);
      if (merged == NONE || merged >>> 32 != best >>> 32) {
        continue; // the pair that was offered is gone
      }
      ids[left] = (int) merged;
      ids[right] = DEAD;
      next[left] = after;
      previous[after] = left;
      if (previous[left] >= 0) {
        offer(previous[left], rule);
      }
      offer(left, rule);
    }
  }

  /** Index of the symbol behind this one, or {@link #end}; the first is 0. */
  int after(int symbol) {
    return next[symbol];
  }

  /** The index behind the last symbol. */
  int end() {
    return size;
  }

  int id(int symbol) {
    return ids[symbol];
  }

  int start(int symbol) {
    return starts[symbol];
  }

  private void offer(int left, Rule rule) {
    int right = next[left];
    if (right == size) {
      return;
    }
    long merged = rule.merge(ids[left], ids[right], starts[left], starts[next[right]]);
    if (merged != NONE) {
      push((merged & 0xFFFFFFFF00000000L) | left);
    }
  }

  private void push(long key) {
    if (heapSize == heap.length) {
      heap = Arrays.copyOf(heap, Math.multiplyExact(heapSize, 2));
    }
    int child = heapSize++;
    while (child > 0) {
      int parent = (child - 1) >>> 1;
      if (heap[parent] <= key) {
        break;
      }
      heap[child] = heap[parent];
      child = parent;
    }
    heap[child] = key;
  }

  private long poll() {
    long best = heap[0];
    long last = heap[--heapSize];
    int parent = 0;
    int child;
    while ((child = 2 * parent + 1) < heapSize) {
      if (child + 1 < heapSize && heap[child + 1] < heap[child]) {
        child++;
      }
      if (last <= heap[child]) {
        break;
      }
      heap[parent] = heap[child];
      parent = child;
    }
    heap[parent] = last;
    return best;
  }
}
