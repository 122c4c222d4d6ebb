package io.adaspec.runtime.kvcache;

import org.jspecify.annotations.Nullable;

/**
 * Reference counts of the KV blocks of one model on one device, and the order in which free ones
 * are used again.
 *
 * <p>A free block may still hold content worth keeping (a cached prefix): such blocks queue at the
 * end and are reused least recently released first; blocks without content are reused at once. A
 * free block can be withdrawn, because its memory serves another model, and restored. All
 * operations take constant time. Not thread-safe.
 */
public final class BlockPool {
  private static final int NONE = -1;
  private static final int WITHDRAWN = -1;

  /** Hears which blocks are in use. */
  interface Watcher {
    /** A free block has a holder now. */
    void taken(int block);

    /** A block has no holder any more, and is free. */
    void freed(int block);
  }

  private final int[] references;
  private final int[] next;
  private final int[] previous;
  private int head = NONE;
  private int tail = NONE;
  private int free;
  private int size;
  private @Nullable Watcher watcher;

  /** A pool of {@code blocks} free blocks, numbered from 0. */
  public BlockPool(int blocks) {
    if (blocks < 0) {
      throw new IllegalArgumentException("a KV pool cannot have " + blocks + " blocks");
    }
    references = new int[blocks];
    next = new int[blocks];
    previous = new int[blocks];
    size = blocks;
    for (int block = 0; block < blocks; block++) {
      append(block);
    }
  }

  /** Has {@code hears} told of every block that is taken or freed from now on. */
  void watch(Watcher hears) {
    watcher = hears;
  }

  /** Blocks that are there; withdrawn ones are not. */
  public int size() {
    return size;
  }

  /** Block numbers are below this, those of withdrawn blocks among them. */
  int numbers() {
    return references.length;
  }

  /** Blocks that nobody references; some may hold cached content. */
  public int free() {
    return free;
  }

  /** How many hold {@code block}. */
  public int references(int block) {
    return Math.max(0, references[block]);
  }

  boolean isWithdrawn(int block) {
    return references[block] == WITHDRAWN;
  }

  /** Takes a free block out of the pool. */
  void withdraw(int block) {
    if (references[block] != 0) {
      throw new IllegalStateException("KV block " + block + " is not free and cannot be withdrawn");
    }
    unlink(block);
    references[block] = WITHDRAWN;
    size--;
  }

  /** Puts a withdrawn block back; it is free and holds nothing. */
  void restore(int block) {
    if (references[block] != WITHDRAWN) {
      throw new IllegalStateException("KV block " + block + " is restored but not withdrawn");
    }
    references[block] = 0;
    size++;
    prepend(block);
  }

  /**
   * Takes the free block that is least worth keeping; its content is lost.
   *
   * @throws IllegalStateException if no block is free
   */
  public int allocate() {
    if (head == NONE) {
      throw new IllegalStateException(
          "KV pool exhausted: all " + size + " blocks are in use; give it more with --kv-memory");
    }
    int block = head;
    take(block);
    return block;
  }

  /** One more holder of {@code block}, which may be free (its content is used again). */
  public void retain(int block) {
    if (references[block] == 0) {
      take(block);
    } else {
      references[block]++;
    }
  }

  private void take(int block) {
    unlink(block);
    references[block] = 1;
    if (watcher != null) {
      watcher.taken(block);
    }
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
      if (watcher != null) {
        watcher.freed(block);
      }
    }
  }

  /** Throws if counts and free list disagree; for tests. */
  public void checkInvariants() {
    boolean[] listed = new boolean[references.length];
    int count = 0;
    for (int block = head; block != NONE; block = next[block]) {
      if (listed[block] || references[block] != 0) {
        throw new IllegalStateException("KV block " + block + " is wrongly in the free list");
      }
      listed[block] = true;
      count++;
    }
    int unreferenced = 0;
    int present = 0;
    for (int held : references) {
      unreferenced += held == 0 ? 1 : 0;
      present += held == WITHDRAWN ? 0 : 1;
    }
    if (count != free || unreferenced != free || present != size) {
      throw new IllegalStateException(
          "free list has %d blocks, %d are free, counted %d; %d are there, counted %d"
              .formatted(count, unreferenced, free, present, size));
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
