package io.adaspec.runtime.kvcache;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * KV blocks of one sequence in one model, in order of position, and how many tokens they hold. They
 * may hold a text from a later token on, as if nothing had been before it. Filled, truncated and
 * emptied by a {@link PagedKv}. Not thread-safe.
 */
public final class BlockTable {
  private static final int[] EMPTY = new int[0];

  private int[] blocks = EMPTY;
  private int count;
  private int start;
  private int computed;
  private int @Nullable [] snapshot = EMPTY;
  private final List<PrefixIndex.Entry> indexed = new ArrayList<>();
  private boolean indexable = true;

  /** Blocks held. */
  public int blocks() {
    return count;
  }

  /** The sequence's token at position 0 of the blocks. */
  public int start() {
    return start;
  }

  /**
   * Has an empty table hold the text from a later token on.
   *
   * @throws IllegalStateException if it holds blocks
   */
  public void beginAt(int token) {
    if (count > 0) {
      throw new IllegalStateException("a table of " + count + " blocks begins at " + start);
    }
    start = token;
  }

  /** Tokens, from the start on, whose keys and values are in the blocks. */
  public int computed() {
    return computed;
  }

  public int block(int index) {
    if (index >= count) {
      throw new IndexOutOfBoundsException("block " + index + " of a table of " + count);
    }
    return blocks[index];
  }

  /** [blocks] the table at this moment, never changed afterwards. */
  public int[] snapshot() {
    int[] current = snapshot;
    if (current == null) {
      current = count == 0 ? EMPTY : Arrays.copyOf(blocks, count);
      snapshot = current;
    }
    return current;
  }

  void append(int block) {
    if (count == blocks.length) {
      blocks = Arrays.copyOf(blocks, Math.max(8, count * 2));
    }
    blocks[count++] = block;
    snapshot = null;
  }

  void replace(int index, int block) {
    blocks[index] = block;
    snapshot = null;
  }

  int removeLast() {
    snapshot = null;
    return blocks[--count];
  }

  void setComputed(int tokens) {
    computed = tokens;
  }

  /** Leading blocks that are in the prefix index. */
  int indexedBlocks() {
    return indexed.size();
  }

  PrefixIndex.@Nullable Entry lastIndexed() {
    return indexed.isEmpty() ? null : indexed.getLast();
  }

  void addIndexed(PrefixIndex.Entry entry) {
    indexed.add(entry);
  }

  /** Whether further blocks may be indexed; not behind a block whose hash was taken. */
  boolean isIndexable() {
    return indexable;
  }

  void stopIndexing() {
    indexable = false;
  }

  void reset() {
    blocks = EMPTY;
    snapshot = EMPTY;
    count = 0;
    start = 0;
    computed = 0;
    indexed.clear();
    indexable = true;
  }
}
