package io.adaspec.runtime.scheduler;

import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.DraftChoices;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Turns what the strategy wishes into draft lengths that fit: rows of the step, KV blocks of target
 * and draft, context ends. Draft KV is taken only here, when a draft model is really to run.
 *
 * <p>A draft model need not read the whole text. It begins late where the strategy wishes so, and,
 * whatever the strategy, with the last half of its own context where a text outgrows that.
 *
 * <p>When it is short, memory that was lent to the target is taken back, unless the target was
 * short itself in this step or would keep less free than a block for each sequence that runs and
 * one in {@value #KEPT_SHARE} of all: so memory does not go to and fro. Then those who do not draft
 * let go of theirs. Nobody is preempted for the sake of drafts.
 */
final class DraftPlanner {
  private static final int KEPT_SHARE = 16;

  private final DeviceInfo device;
  private final Residents residents;
  private final KvMemory kv;

  DraftPlanner(DeviceInfo device, Residents residents, KvMemory kv) {
    this.device = device;
    this.residents = residents;
    this.kv = kv;
  }

  /** The longest draft that a decoding sequence may have under this policy. */
  int limit(Sequence sequence, PolicySnapshot policy) {
    int known = sequence.knownTokens();
    ServiceClass own = sequence.request().serviceClass();
    int limit = Math.min(policy.draftCap(own), sequence.request().speculation().cap());
    limit = Math.min(limit, sequence.remainingOutput() - 1);
    limit = Math.min(limit, device.capacityTokens() - known - 1);
    switch (policy.drafter(own)) {
      case NONE -> limit = 0;
      case MODEL -> {
        limit = Math.min(limit, device.draftContextTokens() / 2);
      }
      case NGRAM -> {}
    }
    return Math.max(0, limit);
  }

  /**
   * Lets those that may draft with the model go on with cached draft KV, so that a strategy sees
   * what they really lack, and begin late where the draft's context ends. Costs a look at the next
   * block of each.
   */
  void prepare(StepRows step, PolicySnapshot policy) {
    for (int i = 0; i < step.size(); i++) {
      Sequence sequence = step.sequence(i);
      boolean samples = step.rows(i) == 1 && sequence.gap() == 1;
      int limit = samples && usesModel(sequence, policy) ? limit(sequence, policy) : 0;
      if (limit > 0) {
        int context = device.draftContextTokens();
        if (sequence.knownTokens() - sequence.draftKv().start() + limit > context) {
          kv.beginDraftLate(sequence, Math.ceilDiv(context, 2));
        } else {
          kv.takeCachedDraft(sequence);
        }
      }
    }
  }

  private static boolean usesModel(Sequence sequence, PolicySnapshot policy) {
    return policy.drafter(sequence.request().serviceClass()) == DrafterKind.MODEL;
  }

  /**
   * Lets go of the draft KV of classes that do not use the draft model at present. What others do
   * not need meanwhile stays in the prefix cache.
   */
  void release(PolicySnapshot policy) {
    for (Sequence sequence : residents.running()) {
      if (!usesModel(sequence, policy) && sequence.draftKv().blocks() > 0) {
        kv.dropDraft(sequence);
      }
    }
  }

  /**
   * Cuts the choices to what fits, in place, and reserves the memory of what remains.
   *
   * @param rowsLeft rows that draft tokens may take
   * @return whether a draft model begins late, so that the view has changed
   */
  boolean fit(StepRows step, BatchView view, DraftChoices choices, int rowsLeft) {
    int[] caps = choices.caps();
    for (int i = 0; i < caps.length; i++) {
      boolean drafts = choices.drafters()[i] != DrafterKind.NONE && view.get(i).samples();
      caps[i] = drafts ? Math.clamp(caps[i], 0, view.get(i).draftLimit()) : 0;
    }
    level(caps, rowsLeft);
    noteWishes(step, choices);
    Spare spare = new Spare(step, choices);
    boolean late = false;
    for (int i = 0; i < caps.length; i++) {
      Sequence sequence = step.sequence(i);
      caps[i] = reserveTarget(sequence, caps[i]);
      if (caps[i] > 0 && choices.drafters()[i] == DrafterKind.MODEL) {
        if (choices.reads()[i] < sequence.knownTokens() - sequence.draftComputed()) {
          kv.beginDraftLate(sequence, choices.reads()[i]);
          late = true;
        }
        caps[i] = reserveDraft(sequence, caps[i], spare) ? caps[i] : 0;
      }
      if (caps[i] == 0) {
        choices.drafters()[i] = DrafterKind.NONE;
      }
    }
    return late;
  }

  /** For whom the draft model is to draft, whether or not there is memory for it. */
  private static void noteWishes(StepRows step, DraftChoices choices) {
    for (int i = 0; i < step.size(); i++) {
      if (choices.caps()[i] > 0 && choices.drafters()[i] == DrafterKind.MODEL) {
        step.sequence(i).chooseDraftModel(step.step());
      }
    }
  }

  /** Lowers the longest drafts first until the sum is at most {@code most}. */
  static void level(int[] caps, int most) {
    int longest = 0;
    for (int cap : caps) {
      longest = Math.max(longest, cap);
    }
    int level = longest;
    while (level > 0 && sumUpTo(caps, level) > most) {
      level--;
    }
    int spare = most - sumUpTo(caps, level);
    for (int i = 0; i < caps.length; i++) {
      if (caps[i] > level) {
        caps[i] = spare > 0 ? level + 1 : level;
        spare--;
      }
    }
  }

  private static int sumUpTo(int[] caps, int level) {
    int sum = 0;
    for (int cap : caps) {
      sum += Math.min(cap, level);
    }
    return sum;
  }

  private int reserveTarget(Sequence sequence, int cap) {
    int room = kv.target().roomTokens(sequence.targetKv()) - sequence.knownTokens();
    int fitting = Math.min(cap, Math.max(0, room));
    return kv.reserveTarget(sequence, sequence.knownTokens() + fitting) ? fitting : 0;
  }

  private boolean reserveDraft(Sequence sequence, int cap, Spare spare) {
    int tokens = sequence.knownTokens() + cap;
    boolean reserved = kv.reserveDraft(sequence, tokens);
    if (!reserved && spare.mayTakeBack()) {
      kv.takeBackForDraft(sequence, tokens, spare.least);
      reserved = kv.reserveDraft(sequence, tokens);
    }
    while (!reserved && spare.dropNext()) {
      reserved = kv.reserveDraft(sequence, tokens);
    }
    return reserved;
  }

  /** Where draft memory comes from in a step when none is free. */
  private final class Spare {
    private final StepRows step;
    private final DraftChoices choices;
    private final int least = residents.activeCount() + kv.target().totalBlocks() / KEPT_SHARE;
    private final Set<Sequence> drafting = new HashSet<>();
    private int next = -1;

    Spare(StepRows step, DraftChoices choices) {
      this.step = step;
      this.choices = choices;
    }

    boolean mayTakeBack() {
      return !step.isMemoryShort() && kv.lending().lent() > 0;
    }

    /** Lets the least important that holds draft KV and does not draft let go of it. */
    boolean dropNext() {
      List<Sequence> running = residents.running();
      if (next < 0) {
        begin();
      }
      while (next > 0) {
        Sequence holder = running.get(--next);
        if (holder.draftKv().blocks() > 0 && !drafting.contains(holder)) {
          kv.dropDraft(holder);
          return true;
        }
      }
      return false;
    }

    private void begin() {
      next = residents.running().size();
      for (int i = 0; i < step.size(); i++) {
        if (choices.caps()[i] > 0 && choices.drafters()[i] == DrafterKind.MODEL) {
          drafting.add(step.sequence(i));
        }
      }
    }
  }
}
