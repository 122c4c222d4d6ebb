package io.adaspec.runtime.scheduler;

import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.speculation.StepBudget;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Hands out the prefill rows of a step: to running sequences with more than one token to compute,
 * and to preempted and waiting ones that can be placed.
 *
 * <p>Most urgent first: class, due time of the first token, arrival. The prompt that arrived first
 * keeps a small share whatever its urgency, so none starves. A sequence is placed only when blocks
 * for all its known tokens are free, beside one for each sequence that runs (they will grow); draft
 * KV that does not pay is let go where that makes room.
 */
final class PrefillPlanner {
  private static final int HEADROOM_SHARE = 16;
  private static final int OLDEST_SHARE = 4;

  private final Residents residents;
  private final KvMemory kv;
  private final DraftYield drafts;
  private final Preemption preemption;
  private final WaitingQueue waiting;
  private final SchedulerLimits limits;
  private final int capacityTokens;

  PrefillPlanner(
      Residents residents,
      KvMemory kv,
      DraftYield drafts,
      Preemption preemption,
      WaitingQueue waiting,
      SchedulerLimits limits,
      int capacityTokens) {
    this.residents = residents;
    this.kv = kv;
    this.drafts = drafts;
    this.preemption = preemption;
    this.waiting = waiting;
    this.limits = limits;
    this.capacityTokens = capacityTokens;
  }

  /** Lets less important sequences make way for the most urgent newcomer; called first. */
  void makeWay(StepRows step, StepBudget budget) {
    Sequence newcomer = newcomer(step);
    if (newcomer == null || residents.running().isEmpty() || !hasRoom(newcomer, budget, 0)) {
      return;
    }
    int active = residents.activeCount();
    boolean needsSlot = active >= limits.maxSequences();
    int needed = kv.blocksToPlace(newcomer) + headroom(active);
    if (needsSlot || needed > kv.target().freeBlocks() + drafts.obtainable(step.step())) {
      preemption.yieldTo(newcomer, needed, needsSlot, step);
    }
  }

  /**
   * Plans at most {@code rows} prefill rows; places newcomers only if {@code mayPlace}, and as many
   * as {@code budget} has room for.
   */
  void plan(StepRows step, int rows, boolean mayPlace, StepBudget budget, long nowNanos) {
    List<Sequence> prompts = prefilling(step);
    Sequence oldest = oldest(prompts);
    int left = rows;
    int placed = 0;
    boolean placing = mayPlace;
    int next = 0;
    while (left > 0) {
      Sequence prompt = next < prompts.size() ? prompts.get(next) : null;
      Sequence newcomer = placing ? newcomer(step) : null;
      int share = 0;
      if (oldest != null && !step.has(oldest) && oldest != prompt) {
        share = Math.min(share(rows), oldest.gap());
      }
      if (newcomer != null
          && (prompt == null || WaitingQueue.SERVICE.compare(newcomer, prompt) < 0)) {
        if (left <= share
            || !hasRoom(newcomer, budget, placed)
            || !place(newcomer, step, nowNanos)) {
          placing = false;
        } else {
          placed++;
          left -= compute(newcomer, left - share, step);
        }
      } else if (prompt != null) {
        next++;
        left -= compute(prompt, left - share, step);
      } else {
        return;
      }
    }
  }

  /** What the prompt that arrived first gets of {@code rows} prefill rows. */
  private int share(int rows) {
    return Math.min(limits.minPrefillTokens(), Math.ceilDiv(rows, OLDEST_SHARE));
  }

  private List<Sequence> prefilling(StepRows step) {
    List<Sequence> prompts = new ArrayList<>();
    for (Sequence sequence : residents.running()) {
      if (sequence.gap() > 1 && step.admits(sequence) && !step.has(sequence)) {
        prompts.add(sequence);
      }
    }
    prompts.sort(WaitingQueue.SERVICE);
    return prompts;
  }

  private static @Nullable Sequence oldest(List<Sequence> prompts) {
    Sequence oldest = null;
    for (Sequence prompt : prompts) {
      if (oldest == null || prompt.request().arrivalNanos() < oldest.request().arrivalNanos()) {
        oldest = prompt;
      }
    }
    return oldest;
  }

  private int compute(Sequence sequence, int most, StepRows step) {
    if (most <= 0) {
      return 0;
    }
    kv.takeCachedTarget(sequence);
    int rows = Math.min(sequence.gap(), most);
    step.add(sequence, rows);
    return rows;
  }

  /** The next sequence to be placed: preempted ones before waiting ones of their class. */
  private @Nullable Sequence newcomer(StepRows step) {
    Sequence preempted = residents.firstPreempted(step, capacityTokens);
    Optional<Sequence> first = waiting.first(capacityTokens, step::admitsNew);
    if (preempted == null) {
      return first.orElse(null);
    }
    if (first.isPresent()
        && first.get().request().serviceClass().compareTo(preempted.request().serviceClass()) < 0) {
      return first.get();
    }
    return preempted;
  }

  /** Whether the budget has room for it beside those that were placed in this step. */
  private boolean hasRoom(Sequence newcomer, StepBudget budget, int placed) {
    boolean late = newcomer.isLate() && !waiting.hasTurn(newcomer);
    Map<ServiceClass, Integer> room = late ? budget.lateNewcomers() : budget.newcomers();
    return placed < room.getOrDefault(newcomer.request().serviceClass(), 0);
  }

  /** Blocks to leave free: running sequences will grow. */
  private int headroom(int active) {
    return Math.min(active, kv.target().totalBlocks() / HEADROOM_SHARE);
  }

  private boolean place(Sequence newcomer, StepRows step, long nowNanos) {
    int active = residents.activeCount();
    if (active >= limits.maxSequences()) {
      return false;
    }
    if (!drafts.place(kv.blocksToPlace(newcomer) + headroom(active), step)) {
      return false;
    }
    if (waiting.contains(newcomer.id())) {
      waiting.take(newcomer);
    }
    residents.run(newcomer);
    newcomer.place(nowNanos, kv.takeCachedTarget(newcomer));
    if (!kv.reserveTarget(newcomer, newcomer.knownTokens())) {
      throw new IllegalStateException(
          newcomer + " was placed without room: free blocks " + kv.target().freeBlocks());
    }
    return true;
  }
}
