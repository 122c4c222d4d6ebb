package io.adaspec.runtime.scheduler;

import io.adaspec.runtime.kvcache.KvSharing;
import io.adaspec.runtime.kvcache.LentBlocks;
import java.util.List;

/**
 * Decides how much draft memory serves the target, and who lets go of draft KV for it.
 *
 * <p>When target KV is short, before a sequence is preempted or has to wait for its place, draft
 * memory is lent up to a level that leaves enough for those who draft. With φ the share of all
 * tokens of decoding sequences that belongs to those who draft, D and T all draft and target
 * blocks, and r the size of a draft block by that of a target block, D′ draft blocks may be lent:
 *
 * <pre>
 *   D′ = (D − φ · T) / (1 + φ · r)
 * </pre>
 *
 * for a target that fills T + r · D′ blocks then needs the other D − D′ for its drafts. One part in
 * {@value #TRIAL_SHARE} stays with the drafts, so that they can be tried again; but a sequence
 * without others beside it gets all there is. A sequence drafts as long as a strategy chose the
 * draft model for it in the last {@value #RECENT} steps; others, the least important first, let go
 * of their draft KV. What is lent beyond the level goes back once it is free.
 *
 * <p>So drafts that pay are not given up for a place more, and those that do not hold nothing that
 * somebody waits for. Giving up those that pay costs more than it brings: with all that is there
 * lent before anybody is preempted, attainment fell by up to 25 points in simulation.
 */
final class DraftYield {
  private static final int RECENT = 16;
  private static final int TRIAL_SHARE = 8;

  private final Residents residents;
  private final KvMemory kv;
  private final LentBlocks lending;

  DraftYield(Residents residents, KvMemory kv) {
    this.residents = residents;
    this.kv = kv;
    this.lending = kv.lending();
  }

  /**
   * Sees to it that so many target blocks are free for a running sequence that must grow.
   *
   * @return false when draft memory does not suffice for it
   */
  boolean grow(int blocks, StepRows step) {
    return serve(blocks, 1, step);
  }

  /**
   * The same for one that is to be placed.
   *
   * @return false when draft memory does not suffice for it
   */
  boolean place(int blocks, StepRows step) {
    return serve(blocks, 0, step);
  }

  /** Takes back what is lent beyond the level, and free. */
  void takeBack(long step) {
    if (lending.lent() > 0) {
      lending.takeBackTo(level(0, step));
    }
  }

  /** Target blocks that one who is to be placed could have of draft memory. */
  int obtainable(long step) {
    return obtainable(0, step);
  }

  /**
   * @param own 1 if the sequence in need runs, 0 if it does not yet
   */
  private boolean serve(int blocks, int own, StepRows step) {
    if (kv.target().freeBlocks() >= blocks) {
      return true;
    }
    step.noteMemoryShort();
    if (kv.target().freeBlocks() + obtainable(own, step.step()) < blocks) {
      return false;
    }
    boolean alone = residents.activeCount() == own;
    List<Sequence> running = residents.running();
    lend(blocks);
    for (int i = running.size() - 1; i >= 0 && kv.target().freeBlocks() < blocks; i--) {
      Sequence holder = running.get(i);
      if (holder.draftKv().blocks() > 0 && (alone || !drafts(holder, step.step()))) {
        kv.dropDraft(holder);
        lend(blocks);
      }
    }
    return kv.target().freeBlocks() >= blocks;
  }

  private int obtainable(int own, long step) {
    return lending.lendable() == 0 ? 0 : Math.max(0, level(own, step) - lending.lent());
  }

  private int level(int own, long step) {
    int active = 0;
    double all = 0;
    double drafting = 0;
    for (Sequence sequence : residents.running()) {
      active += sequence.isPaused() ? 0 : 1;
      if (hasDecoded(sequence)) {
        all += sequence.knownTokens();
        drafting += drafts(sequence, step) ? sequence.knownTokens() : 0;
      }
    }
    return active == own ? lending.mostLent() : level(all == 0 ? 1 : drafting / all);
  }

  private int level(double share) {
    KvSharing sharing = lending.sharing();
    double ratio = (double) sharing.draftBytes() / sharing.targetBytes();
    int draftBlocks = lending.draftBlocks();
    int targetBlocks = kv.target().totalBlocks() - lending.lent();
    double lent = (draftBlocks - share * targetBlocks) / (1 + share * ratio);
    int most = draftBlocks - draftBlocks / TRIAL_SHARE;
    return sharing.lendable((int) Math.clamp(lent, 0, most));
  }

  private void lend(int blocks) {
    lending.lend(blocks - kv.target().freeBlocks());
  }

  /** Whether a strategy had the choice to let it draft. */
  private static boolean hasDecoded(Sequence sequence) {
    return sequence.gap() == 1 && sequence.outputTokens() > 1;
  }

  private static boolean drafts(Sequence sequence, long step) {
    return !sequence.isPaused() && step - sequence.lastDraftStep() <= RECENT;
  }
}
