package io.adaspec.runtime.kvcache;

import java.util.BitSet;

/**
 * Draft memory that serves the target: lends it free draft memory, target block by target block,
 * and takes it back when those blocks are free again. Which memory overlaps which, a {@link
 * KvSharing} says; a block that is lent is in the target's pool, and the draft blocks that it
 * overlaps are in no pool meanwhile. What a block held is forgotten when it changes hands.
 *
 * <p>Knows at any time what could be lent at once and what could be taken back; keeping that up to
 * date costs each block that is taken or freed a constant time. Not thread-safe.
 */
public final class LentBlocks {
  private final KvSharing sharing;
  private final PagedKv target;
  private final PagedKv draft;
  private final int blocks;
  private final BitSet lent = new BitSet();

  /** [blocks] draft blocks in use that overlap the target block. */
  private final int[] busy;

  /** Target blocks that could be lent at once. */
  private final BitSet idle = new BitSet();

  /** Lent target blocks that are free. */
  private final BitSet returnable = new BitSet();

  private int idleCount;
  private int lentCount;

  /**
   * Pools of a device; all draft memory is the draft's at first.
   *
   * @param targetBlocks target blocks beside those in draft memory; up to the sharing's first
   */
  public LentBlocks(KvSharing sharing, int targetBlocks, int draftBlocks, int blockTokens) {
    this.sharing = sharing;
    this.blocks = sharing.lendable(draftBlocks);
    this.busy = new int[blocks];
    this.target =
        new PagedKv(
            targetBlocks,
            blocks == 0 ? targetBlocks : Math.addExact(sharing.firstLent(), blocks),
            blockTokens);
    this.draft = new PagedKv(draftBlocks, blockTokens);
    idle.set(0, blocks);
    idleCount = blocks;
    if (blocks > 0) {
      target.pool().watch(new TargetUse());
      draft.pool().watch(new DraftUse());
    }
  }

  public KvSharing sharing() {
    return sharing;
  }

  /** All draft blocks, those whose memory is lent included. */
  public int draftBlocks() {
    return draft.pool().numbers();
  }

  /** The target's pool, with the blocks that are lent to it. */
  public PagedKv target() {
    return target;
  }

  /** The draft model's pool, without the blocks whose memory is lent. */
  public PagedKv draft() {
    return draft;
  }

  /** Target blocks that draft memory has room for. */
  public int mostLent() {
    return blocks;
  }

  /** Target blocks that are lent. */
  public int lent() {
    return lentCount;
  }

  /** Target blocks that are not lent, and could be if no draft KV were in use. */
  public int lendable() {
    return blocks - lentCount;
  }

  /** Target blocks that could be lent at once, since no draft KV is in use there. */
  public int idle() {
    return idleCount;
  }

  /** Lends up to {@code wanted} blocks to the target, where no draft KV is in use. */
  public void lend(int wanted) {
    int at = blocks;
    for (int left = Math.min(wanted, idleCount); left > 0; left--) {
      at = idle.previousSetBit(at - 1);
      lendBlock(at);
    }
  }

  private void lendBlock(int at) {
    for (int block = sharing.firstDraft(at); block <= sharing.lastDraft(at); block++) {
      if (!draft.pool().isWithdrawn(block)) {
        draft.withdraw(block);
      }
    }
    setIdle(at, false);
    lent.set(at);
    lentCount++;
    returnable.set(at);
    target.pool().restore(sharing.firstLent() + at);
  }

  /**
   * Takes lent blocks that are free back from the target until the draft model has {@code wanted}
   * free blocks, or the target only {@code least}.
   */
  public void takeBack(int wanted, int least) {
    int at = returnable.nextSetBit(0);
    while (at >= 0 && draft.freeBlocks() < wanted && target.freeBlocks() > least) {
      takeBackBlock(at);
      at = returnable.nextSetBit(at + 1);
    }
  }

  /** Takes lent blocks that are free back from the target until only so many are lent. */
  public void takeBackTo(int level) {
    int at = returnable.nextSetBit(0);
    while (at >= 0 && lentCount > level) {
      takeBackBlock(at);
      at = returnable.nextSetBit(at + 1);
    }
  }

  private void takeBackBlock(int at) {
    target.withdraw(sharing.firstLent() + at);
    returnable.clear(at);
    lent.clear(at);
    lentCount--;
    setIdle(at, busy[at] == 0);
    for (int block = sharing.firstDraft(at); block <= sharing.lastDraft(at); block++) {
      if (!overlapsLent(block)) {
        draft.pool().restore(block);
      }
    }
  }

  private boolean overlapsLent(int draftBlock) {
    int next = lent.nextSetBit(sharing.firstTarget(draftBlock));
    return next >= 0 && next <= sharing.lastTarget(draftBlock);
  }

  private void setIdle(int at, boolean value) {
    if (idle.get(at) != value) {
      idle.set(at, value);
      idleCount += value ? 1 : -1;
    }
  }

  private final class TargetUse implements BlockPool.Watcher {
    @Override
    public void taken(int block) {
      if (block >= sharing.firstLent()) {
        returnable.clear(block - sharing.firstLent());
      }
    }

    @Override
    public void freed(int block) {
      if (block >= sharing.firstLent()) {
        returnable.set(block - sharing.firstLent());
      }
    }
  }

  private final class DraftUse implements BlockPool.Watcher {
    @Override
    public void taken(int block) {
      count(block, 1);
    }

    @Override
    public void freed(int block) {
      count(block, -1);
    }

    private void count(int block, int change) {
      int last = Math.min(sharing.lastTarget(block), blocks - 1);
      for (int at = sharing.firstTarget(block); at <= last; at++) {
        busy[at] += change;
        setIdle(at, busy[at] == 0 && !lent.get(at));
      }
    }
  }

  /** Throws if any memory is in two pools, or what is known of it is wrong; for tests. */
  public void checkInvariants() {
    for (int at = 0; at < blocks; at++) {
      int held = sharing.firstLent() + at;
      boolean isLent = !target.pool().isWithdrawn(held);
      int used = 0;
      boolean withdrawn = true;
      for (int block = sharing.firstDraft(at); block <= sharing.lastDraft(at); block++) {
        used += draft.pool().references(block) > 0 ? 1 : 0;
        withdrawn &= draft.pool().isWithdrawn(block);
      }
      boolean isFree = isLent && target.pool().references(held) == 0;
      if (isLent != lent.get(at)
          || (isLent && !withdrawn)
          || used != busy[at]
          || idle.get(at) != (used == 0 && !isLent)
          || returnable.get(at) != isFree) {
        throw new IllegalStateException(
            "target KV block %d: lent %b, draft memory withdrawn %b, in use %d, counted %d"
                .formatted(held, isLent, withdrawn, used, busy[at]));
      }
    }
    for (int block = 0; blocks > 0 && block < draft.pool().numbers(); block++) {
      if (draft.pool().isWithdrawn(block) != overlapsLent(block)) {
        throw new IllegalStateException("draft KV block " + block + " is wrongly in or out of use");
      }
    }
    if (idleCount != idle.cardinality() || lentCount != lent.cardinality()) {
      throw new IllegalStateException(
          "%d KV blocks idle, counted %d; %d lent, counted %d"
              .formatted(idle.cardinality(), idleCount, lent.cardinality(), lentCount));
    }
  }
}
