package io.adaspec.runtime.kvcache;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds KV blocks by the tokens they hold and all tokens before them.
 *
 * <p>One index serves one model with one KV type on one device, so these need no place in the key;
 * the salt of a prefix does. A block's hash is chained: {@code h(block) = mix(h(parent), tokens)},
 * with {@code h(salt)} at the root. A hit compares tokens, parent and salt, so a hash collision
 * costs a miss, never a wrong block. Only full blocks are indexed. Not thread-safe.
 */
final class PrefixIndex {
  /** An indexed block. Its parent is indexed as long as it is; children are in a linked list. */
  static final class Entry {
    private final long hash;
    private final @Nullable Entry parent;
    private final String salt;
    private final int[] tokens;
    private final int block;
    private @Nullable Entry firstChild;
    private @Nullable Entry next;
    private @Nullable Entry previous;

    private Entry(long hash, @Nullable Entry parent, String salt, int[] tokens, int block) {
      this.hash = hash;
      this.parent = parent;
      this.salt = salt;
      this.tokens = tokens;
      this.block = block;
      if (parent != null) {
        next = parent.firstChild;
        parent.firstChild = this;
        if (next != null) {
          next.previous = this;
        }
      }
    }

    private void leaveParent() {
      if (previous != null) {
        previous.next = next;
      } else if (parent != null) {
        parent.firstChild = next;
      }
      if (next != null) {
        next.previous = previous;
      }
    }

    int block() {
      return block;
    }
  }

  private final int blockTokens;
  private final Map<Long, Entry> byHash = new HashMap<>();
  private final @Nullable Entry[] byBlock;

  PrefixIndex(int blocks, int blockTokens) {
    this.blockTokens = blockTokens;
    this.byBlock = new Entry[blocks];
  }

  /**
   * The block holding {@code tokens[from .. from + blockTokens)} behind {@code parent}.
   *
   * @param parent entry of the block before, null for the first
   */
  @Nullable Entry find(@Nullable Entry parent, String salt, int[] tokens, int from) {
    Entry found = byHash.get(hash(parent, salt, tokens, from));
    return found != null && matches(found, parent, salt, tokens, from) ? found : null;
  }

  /**
   * Indexes {@code block} unless its hash is taken.
   *
   * @return the entry now indexed for these tokens, of this block or of an equal one; null when the
   *     hash is taken by other tokens
   */
  @Nullable Entry add(@Nullable Entry parent, String salt, int[] tokens, int from, int block) {
    long hash = hash(parent, salt, tokens, from);
    Entry present = byHash.get(hash);
    if (present != null) {
      return matches(present, parent, salt, tokens, from) ? present : null;
    }
    int[] own = Arrays.copyOfRange(tokens, from, from + blockTokens);
    Entry entry = new Entry(hash, parent, salt, own, block);
    byHash.put(hash, entry);
    byBlock[block] = entry;
    return entry;
  }

  boolean contains(int block) {
    return byBlock[block] != null;
  }

  /** Number of indexed blocks. */
  int size() {
    return byHash.size();
  }

  /**
   * Forgets a block whose content is about to be overwritten, and all that continue it, which
   * nobody could find any more. Those are free when it is: who holds a block holds its prefix.
   */
  void forget(int block) {
    Entry top = byBlock[block];
    Entry at = top;
    while (at != null) {
      if (at.firstChild != null) {
        at = at.firstChild;
      } else {
        byBlock[at.block] = null;
        byHash.remove(at.hash);
        at.leaveParent();
        at = at == top ? null : at.parent;
      }
    }
  }

  /** Throws if an entry's parent is gone or the maps disagree; for tests. */
  void checkInvariants() {
    int indexed = 0;
    for (Entry entry : byBlock) {
      if (entry == null) {
        continue;
      }
      indexed++;
      Entry parent = entry.parent;
      if (byHash.get(entry.hash) != entry || (parent != null && byBlock[parent.block] != parent)) {
        throw new IllegalStateException("prefix of KV block " + entry.block + " is not indexed");
      }
    }
    if (indexed != byHash.size()) {
      throw new IllegalStateException(indexed + " blocks indexed, " + byHash.size() + " hashes");
    }
  }

  private boolean matches(
      Entry entry, @Nullable Entry parent, String salt, int[] tokens, int from) {
    return entry.parent == parent
        && entry.salt.equals(salt)
        && Arrays.equals(entry.tokens, 0, blockTokens, tokens, from, from + blockTokens);
  }

  private long hash(@Nullable Entry parent, String salt, int[] tokens, int from) {
    long hash = parent == null ? salt.hashCode() : parent.hash;
    for (int i = from; i < from + blockTokens; i++) {
      hash = (hash ^ tokens[i]) * 0x9E3779B97F4A7C15L;
      hash ^= hash >>> 32;
    }
    return hash;
  }
}
