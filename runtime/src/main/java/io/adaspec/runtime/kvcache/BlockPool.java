package io.adaspec.runtime.kvcache;

import java.util.Arrays;

/**
 * Reference counts of the KV blocks of one model on one device, and the order in which free ones
 * are used again.
 *
 * <p>A free block may still hold content worth keeping (a cached prefix): such blocks queue at the
 * end and are reused least recently released first; blocks without content are reused at once. All
 * operations take constant time. Not thread-safe.
 */
public final class BlockPool {
  private static final int NONE = -1;

  private final int[] references;
  private final int[] next;
  private final int[] previous;
  private int head = NONE;
  private int tail = NONE;
  private int free;

  /** A pool of {@code blocks} free blocks, numbered from 0. */
  public BlockPool(int blocks) {
    if (blocks < 0) {
      throw new IllegalArgumentException("a KV pool cannot have " + blocks + " blocks");
    }
    references = new int[blocks];
    next = new int[blocks];
    previous = new int[blocks];
    for (int block = 0; block < blocks; block++) {
      append(block);
    }
  }

  public int size() {
    return references.length;
  }

  /** Blocks that nobody references; some may hold cached content. */
  public int free() {
    return free;
  }

  /** How many hold {@code block}. */
  public int references(int block) {
    return references[block];
  }

  /**
   * Takes the free block that is least worth keeping; its content is lost.
   *
   * @throws IllegalStateException if no block is free
   */
  public int allocate() {
    if (head == NONE) {
      throw new IllegalStateException(
          "KV pool exhausted: all " + size() + " blocks are in use; raise adaspec.kv.blocks");
    }
    int block = head;
    unlink(block);
    references[block] = 1;
    return block;
  }

  /** One more holder of {@code block}, which may be free (its content is used again). */
  public void retain(int block) {
    if (references[block] == 0) {
      unlink(block);
    }
    references[block]++;
  }

  /**
   * One holder less.
   *
   * @param worthKeeping whether the content may be wanted again once nobody holds the block
   */
  public void release(int block, boolean worthKeeping) {
    if (references[block] <= 0) {
      throw new IllegalStateException("KV block " + block + " is released but not in use");
    }
    if (--references[block] == 0) {
      if (worthKeeping) {
        append(block);
      } else {
        prepend(block);
      }
    }
  }

  /** Throws if counts and free list disagree; for tests. */
  public void checkInvariants() {
    boolean[] listed = new boolean[size()];
    int count = 0;
    for (int block = head; block != NONE; block = next[block]) {
      if (listed[block] || references[block] != 0) {
        throw new IllegalStateException("KV block " + block + " is wrongly in the free list");
      }
      listed[block] = true;
      count++;
    }
    long unreferenced = Arrays.stream(references).filter(r -> r == 0).count();
    if (count != free || unreferenced != free) {
      throw new IllegalStateException(
          "free list has " + count + " blocks, " + unreferenced + " are free, counted " + free);
    }
  }

  private void append(int block) {
    next[block] = NONE;
    previous[block] = tail;
    if (tail == NONE) {
      head = block;
    } else {
      next[tail] = block;
    }
    tail = block;
    free++;
  }

  private void prepend(int block) {
    previous[block] = NONE;
    next[block] = head;
    if (head == NONE) {
      tail = block;
    } else {
      previous[head] = block;
    }
    head = block;
    free++;
  }

  private void unlink(int block) {
    int before = previous[block];
    int after = next[block];
    if (before == NONE) {
      head = after;
    } else {
      next[before] = after;
    }
    if (after == NONE) {
      tail = before;
    } else {
      previous[after] = before;
    }
    free--;
  }
}
