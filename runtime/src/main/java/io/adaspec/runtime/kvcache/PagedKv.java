package io.adaspec.runtime.kvcache;

import java.util.Arrays;

/**
 * The KV memory of one model on one device as a scheduler sees it: which blocks belong to whom, and
 * which free ones still hold a prefix worth having.
 *
 * <p>Equal full blocks are held once: when a sequence has computed a block that is indexed already,
 * it takes the indexed one and gives its own back (kernels are batch-invariant, so the bytes are
 * equal). Blocks are released last first, so a block is never reused before those that build on it.
 * Not thread-safe.
 */
public final class PagedKv {
  private final BlockPool pool;
  private final PrefixIndex index;
  private final int blockTokens;

  public PagedKv(int blocks, int blockTokens) {
    this(blocks, blocks, blockTokens);
  }

  /**
   * @param blocks blocks that are there from the beginning
   * @param numbers block numbers are below this; the blocks behind the first are not there yet
   */
  PagedKv(int blocks, int numbers, int blockTokens) {
    this.pool = new BlockPool(numbers);
    this.index = new PrefixIndex(numbers, blockTokens);
    this.blockTokens = blockTokens;
    for (int block = blocks; block < numbers; block++) {
      pool.withdraw(block);
    }
  }

  BlockPool pool() {
    return pool;
  }

  /** Takes a free block out, and forgets what it held. */
  void withdraw(int block) {
    index.forget(block);
    pool.withdraw(block);
  }

  public int blockTokens() {
    return blockTokens;
  }

  /** All blocks that are there, lent ones included. */
  public int totalBlocks() {
    return pool.size();
  }

  /** Blocks that can be allocated now, cached ones included. */
  public int freeBlocks() {
    return pool.free();
  }

  /** Blocks, free or not, whose content is indexed as a prefix. */
  public int cachedBlocks() {
    return index.size();
  }

  /** Blocks that {@code tokens} need. */
  public int blocksFor(int tokens) {
    return Math.ceilDiv(tokens, blockTokens);
  }

  /** Tokens that {@code table} can hold without another block and those that free blocks add. */
  public int roomTokens(BlockTable table) {
    return Math.multiplyExact(table.blocks() + pool.free(), blockTokens);
  }

  /**
   * Grows the table to hold {@code tokens}.
   *
   * @return false, with nothing changed, when too few blocks are free
   */
  public boolean reserve(BlockTable table, int tokens) {
    int missing = blocksFor(tokens) - table.blocks();
    if (missing > pool.free()) {
      return false;
    }
    for (int i = 0; i < missing; i++) {
      int block = pool.allocate();
      index.forget(block);
      table.append(block);
    }
    return true;
  }

  /**
   * How many tokens of a prefix are cached.
   *
   * @param limit at most this many tokens are wanted
   */
  public int cachedTokens(String salt, int[] tokens, int limit) {
    PrefixIndex.Entry entry = null;
    int hits = 0;
    while ((hits + 1) * blockTokens <= limit) {
      entry = index.find(entry, salt, tokens, hits * blockTokens);
      if (entry == null) {
        break;
      }
      hits++;
    }
    return hits * blockTokens;
  }

  /** Free blocks that {@link #take} of a prefix of {@code cachedTokens} would put to use again. */
  public int freeBlocksOfPrefix(String salt, int[] tokens, int cachedTokens) {
    PrefixIndex.Entry entry = null;
    int count = 0;
    for (int from = 0; from < cachedTokens; from += blockTokens) {
      entry = index.find(entry, salt, tokens, from);
      if (entry == null) {
        break;
      }
      count += pool.references(entry.block()) == 0 ? 1 : 0;
    }
    return count;
  }

  /**
   * Puts cached blocks into the table as far as they continue what it has computed; blocks reserved
   * for these positions are given back.
   *
   * @param tokens of the sequence, those before the table's start included
   * @param limit at most this many tokens, from the start on, may be taken as computed
   * @return tokens that need not be computed now, 0 when there is no hit
   */
  public int take(BlockTable table, String salt, int[] tokens, int limit) {
    int before = table.computed();
    if (before % blockTokens != 0
        || table.indexedBlocks() * blockTokens != before
        || !table.isIndexable()) {
      return 0;
    }
    int at = table.indexedBlocks();
    while ((at + 1) * blockTokens <= limit) {
      PrefixIndex.Entry entry = index.find(table.lastIndexed(), salt, tokens, textAt(table, at));
      if (entry == null) {
        break;
      }
      pool.retain(entry.block());
      put(table, at, entry);
      at++;
    }
    table.setComputed(at * blockTokens);
    return at * blockTokens - before;
  }

  /** The sequence's first token in a block of the table. */
  private int textAt(BlockTable table, int at) {
    return table.start() + at * blockTokens;
  }

  private void put(BlockTable table, int at, PrefixIndex.Entry entry) {
    if (at < table.blocks()) {
      int reserved = table.block(at);
      table.replace(at, entry.block());
      pool.release(reserved, index.contains(reserved));
    } else {
      table.append(entry.block());
    }
    table.addIndexed(entry);
  }

  /**
   * Takes note that the first {@code computed} tokens are in the blocks, indexes the blocks that
   * became full, and gives back the blocks behind {@code keep} tokens.
   */
  public void settle(BlockTable table, String salt, int[] tokens, int computed, int keep) {
    table.setComputed(computed);
    while (table.isIndexable() && (table.indexedBlocks() + 1) * blockTokens <= computed) {
      indexNext(table, salt, tokens);
    }
    truncate(table, keep);
  }

  private void indexNext(BlockTable table, String salt, int[] tokens) {
    int at = table.indexedBlocks();
    int block = table.block(at);
    PrefixIndex.Entry entry =
        index.add(table.lastIndexed(), salt, tokens, textAt(table, at), block);
    if (entry == null) {
      table.stopIndexing();
      return;
    }
    if (entry.block() != block) {
      pool.retain(entry.block());
      table.replace(at, entry.block());
      pool.release(block, false);
    }
    table.addIndexed(entry);
  }

  /** Gives back the blocks behind the first {@code tokens} tokens. */
  public void truncate(BlockTable table, int tokens) {
    int keep = blocksFor(tokens);
    while (table.blocks() > keep) {
      int block = table.removeLast();
      pool.release(block, index.contains(block));
    }
  }

  /** Gives back all blocks and forgets what was computed. */
  public void release(BlockTable table) {
    truncate(table, 0);
    table.reset();
  }

  /** Throws unless the tables hold exactly the references that the pool counts; for tests. */
  public void checkInvariants(Iterable<BlockTable> tables) {
    pool.checkInvariants();
    index.checkInvariants();
    int[] references = new int[pool.numbers()];
    for (BlockTable table : tables) {
      if (table.computed() > table.blocks() * blockTokens) {
        throw new IllegalStateException(
            table.computed() + " computed tokens do not fit " + table.blocks() + " blocks");
      }
      for (int i = 0; i < table.blocks(); i++) {
        references[table.block(i)]++;
      }
    }
    for (int block = 0; block < references.length; block++) {
      if (references[block] != pool.references(block)) {
        throw new IllegalStateException(
            "KV block "
                + block
                + " is held by "
                + references[block]
                + " tables but counted "
                + pool.references(block)
                + " times: "
                + Arrays.toString(references));
      }
    }
  }

  /** Forgets all cached prefixes: the memory behind them is gone. All tables must be empty. */
  public void forgetAll() {
    for (int block = 0; block < pool.numbers(); block++) {
      if (pool.references(block) != 0) {
        throw new IllegalStateException("KV block " + block + " is still in use");
      }
      index.forget(block);
    }
  }
}
