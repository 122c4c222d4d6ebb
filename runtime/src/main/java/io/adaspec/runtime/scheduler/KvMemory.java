package io.adaspec.runtime.scheduler;

import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.kvcache.BlockTable;
import io.adaspec.runtime.kvcache.LentBlocks;
import io.adaspec.runtime.kvcache.PagedKv;
import java.util.List;

/**
 * Target and draft KV memory of one device: two pools with tables of their own, so that draft
 * memory can be let go and then serve the target. Knows how a sequence takes and gives back memory,
 * not who deserves it; {@link DraftYield} does.
 */
final class KvMemory {
  private final LentBlocks lending;
  private final PagedKv target;
  private final PagedKv draft;

  KvMemory(DeviceInfo device) {
    lending =
        new LentBlocks(
            device.sharing(), device.kvBlocks(), device.draftKvBlocks(), device.blockTokens());
    target = lending.target();
    draft = lending.draft();
  }

  /** What of the draft's memory serves the target. */
  LentBlocks lending() {
    return lending;
  }

  PagedKv target() {
    return target;
  }

  PagedKv draft() {
    return draft;
  }

  /** Known tokens of a sequence that holds no blocks whose target KV is cached. */
  int cachedTokens(Sequence sequence) {
    String salt = sequence.request().cacheSalt();
    return target.cachedTokens(salt, sequence.tokens(), sequence.knownTokens() - 1);
  }

  /** Blocks that must be free for all known tokens of a sequence that holds none. */
  int blocksToPlace(Sequence sequence) {
    String salt = sequence.request().cacheSalt();
    int cached = cachedTokens(sequence);
    int hits = cached / target.blockTokens();
    int sleeping = target.freeBlocksOfPrefix(salt, sequence.tokens(), cached);
    return target.blocksFor(sequence.knownTokens()) - hits + sleeping;
  }

  /** Continues with cached blocks; at least one known token stays to be computed. */
  int takeCachedTarget(Sequence sequence) {
    return take(target, sequence.targetKv(), sequence);
  }

  /**
   * The same for the draft model, whose cached blocks count for it alone: those of texts that began
   * where its text begins.
   */
  int takeCachedDraft(Sequence sequence) {
    return take(draft, sequence.draftKv(), sequence);
  }

  private static int take(PagedKv kv, BlockTable table, Sequence sequence) {
    return kv.take(
        table,
        sequence.request().cacheSalt(),
        sequence.tokens(),
        sequence.knownTokens() - 1 - table.start());
  }

  /** Blocks that a running sequence lacks for its known tokens. */
  int missingTarget(Sequence sequence) {
    return target.blocksFor(sequence.knownTokens()) - sequence.targetKv().blocks();
  }

  boolean reserveTarget(Sequence sequence, int tokens) {
    return target.reserve(sequence.targetKv(), tokens);
  }

  /**
   * @param tokens of the text, those before the start of the draft KV counted
   */
  boolean reserveDraft(Sequence sequence, int tokens) {
    return draft.reserve(sequence.draftKv(), tokens - sequence.draftKv().start());
  }

  /** Drops the draft KV of a sequence; its draft model reads the last {@code tokens} alone. */
  void beginDraftLate(Sequence sequence, int tokens) {
    dropDraft(sequence);
    sequence.draftKv().beginAt(sequence.knownTokens() - tokens);
    takeCachedDraft(sequence);
  }

  /**
   * Takes lent memory that is free back from the target, for draft KV of {@code tokens}, as long as
   * more than {@code least} target blocks are free.
   */
  void takeBackForDraft(Sequence sequence, int tokens, int least) {
    int held = tokens - sequence.draftKv().start();
    lending.takeBack(draft.blocksFor(held) - sequence.draftKv().blocks(), least);
  }

  /** After a step: what is computed now, full blocks indexed, look-ahead blocks given back. */
  void settle(Sequence sequence, int targetComputed, int draftComputed) {
    String salt = sequence.request().cacheSalt();
    int known = sequence.knownTokens();
    target.settle(sequence.targetKv(), salt, sequence.tokens(), targetComputed, known);
    int draftTokens = draftComputed - sequence.draftKv().start();
    draft.settle(sequence.draftKv(), salt, sequence.tokens(), draftTokens, draftTokens);
  }

  void dropDraft(Sequence sequence) {
    draft.release(sequence.draftKv());
  }

  void release(Sequence sequence) {
    draft.release(sequence.draftKv());
    target.release(sequence.targetKv());
  }

  /** The bytes are gone; nobody may hold a block any more. */
  void forgetAll() {
    target.forgetAll();
    draft.forgetAll();
  }

  void checkInvariants(List<Sequence> holders) {
    lending.checkInvariants();
    target.checkInvariants(holders.stream().map(Sequence::targetKv).toList());
    draft.checkInvariants(holders.stream().map(Sequence::draftKv).toList());
  }
}
