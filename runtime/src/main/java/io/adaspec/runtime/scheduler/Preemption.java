package io.adaspec.runtime.scheduler;

import java.util.List;

/**
 * Gives the KV of less important sequences to more important ones, where draft KV that was let go
 * did not suffice; the losers are recomputed later.
 *
 * <p>Victims in order: paused sequences, then the lowest class, then the latest arrival; never one
 * that already takes part in the step. A growing sequence without such a victim behind it gives up
 * its own KV. The most important sequence therefore always advances, and as a preempted one comes
 * back only when all its known tokens fit beside the others, there is no livelock.
 */
final class Preemption {
  private final Residents residents;
  private final KvMemory kv;
  private final DraftYield drafts;

  Preemption(Residents residents, KvMemory kv, DraftYield drafts) {
    this.residents = residents;
    this.kv = kv;
    this.drafts = drafts;
  }

  /**
   * Makes room for all known tokens of a running sequence.
   *
   * @return false when it had to be preempted itself
   */
  boolean grow(Sequence sequence, StepRows step) {
    while (!kv.reserveTarget(sequence, sequence.knownTokens())) {
      if (drafts.grow(kv.missingTarget(sequence), step)) {
        continue;
      }
      Sequence victim = sequence;
      List<Sequence> running = residents.running();
      for (int i = running.size() - 1; i >= 0; i--) {
        Sequence candidate = running.get(i);
        if (candidate.isPaused() && candidate.targetKv().blocks() > 0) {
          victim = candidate;
          break;
        }
      }
      if (victim == sequence) {
        victim = lastUnplanned(running, step, sequence);
      }
      preempt(victim, step);
      if (victim == sequence) {
        return false;
      }
    }
    return true;
  }

  private static Sequence lastUnplanned(List<Sequence> running, StepRows step, Sequence sequence) {
    for (int i = running.size() - 1; i >= 0; i--) {
      if (!step.has(running.get(i))) {
        return running.get(i);
      }
    }
    return sequence;
  }

  /**
   * Makes room to place a more urgent sequence that does not run yet, at the cost of draft KV, of
   * paused sequences and of those of a strictly lower class; does nothing when these hold too
   * little. Called before anybody else is planned.
   *
   * @param neededBlocks free blocks that it takes
   * @param needsSlot whether an active sequence must make way
   */
  void yieldTo(Sequence newcomer, int neededBlocks, boolean needsSlot, StepRows step) {
    List<Sequence> running = residents.running();
    int available = kv.target().freeBlocks() + drafts.obtainable(step.step());
    boolean slot = !needsSlot;
    for (Sequence candidate : running) {
      if (mayYield(candidate, newcomer)) {
        available += candidate.targetKv().blocks();
        slot |= !candidate.isPaused();
      }
    }
    if (available < neededBlocks || !slot) {
      return;
    }
    slot = !needsSlot;
    for (int pass = 0; pass < 2; pass++) {
      boolean paused = pass == 0;
      for (int i = running.size() - 1; i >= 0; i--) {
        int free = kv.target().freeBlocks() + drafts.obtainable(step.step());
        boolean enough = free >= neededBlocks;
        Sequence candidate = running.get(i);
        if (candidate.isPaused() == paused
            && mayYield(candidate, newcomer)
            && !(enough && (paused || slot))) {
          slot |= !paused;
          preempt(candidate, step);
        }
      }
    }
  }

  private static boolean mayYield(Sequence candidate, Sequence newcomer) {
    return candidate.isPaused()
        || candidate.request().serviceClass().compareTo(newcomer.request().serviceClass()) > 0;
  }

  void preempt(Sequence victim, StepRows step) {
    kv.release(victim);
    victim.countPreemption();
    residents.preempt(victim);
    step.preempted().add(victim);
  }
}
