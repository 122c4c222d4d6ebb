package io.adaspec.runtime.scheduler;

import io.adaspec.runtime.device.DeviceInfo;
import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.DraftChoices;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.PolicySnapshot;

/**
 * Turns what the strategy wishes into draft lengths that fit: rows of the step, KV blocks of target
 * and draft, context ends. Draft KV is taken only here, when a draft model is really to run, and
 * let go of by those who do not draft when it is short; nobody is preempted for the sake of drafts.
 */
final class DraftPlanner {
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
        limit = device.hasDraftModel() ? limit : 0;
        limit = Math.min(limit, device.draftContextTokens() - known);
      }
      case NGRAM -> {}
    }
    return Math.max(0, limit);
  }

  /**
   * Lets those that may draft with the model go on with cached draft KV, so that a strategy sees
   * what they really lack. Costs a look at the next block of each.
   */
  void takeCached(StepRows step, PolicySnapshot policy) {
    for (int i = 0; i < step.size(); i++) {
      Sequence sequence = step.sequence(i);
      boolean samples = step.rows(i) == 1 && sequence.gap() == 1;
      if (samples && usesModel(sequence, policy) && limit(sequence, policy) > 0) {
        kv.takeCachedDraft(sequence);
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
   */
  void fit(StepRows step, BatchView view, DraftChoices choices, int rowsLeft) {
    int[] caps = choices.caps();
    for (int i = 0; i < caps.length; i++) {
      boolean drafts = choices.drafters()[i] != DrafterKind.NONE && view.get(i).samples();
      caps[i] = drafts ? Math.clamp(caps[i], 0, view.get(i).draftLimit()) : 0;
    }
    level(caps, rowsLeft);
    for (int i = 0; i < caps.length; i++) {
      Sequence sequence = step.sequence(i);
      caps[i] = reserveTarget(sequence, caps[i]);
      if (caps[i] > 0 && choices.drafters()[i] == DrafterKind.MODEL) {
        caps[i] = reserveDraft(step, choices, sequence, caps[i]) ? caps[i] : 0;
      }
      if (caps[i] == 0) {
        choices.drafters()[i] = DrafterKind.NONE;
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

  private boolean reserveDraft(StepRows step, DraftChoices choices, Sequence sequence, int cap) {
    int tokens = sequence.knownTokens() + cap;
    if (kv.reserveDraft(sequence, tokens)) {
      return true;
    }
    for (int i = residents.running().size() - 1; i >= 0; i--) {
      Sequence other = residents.running().get(i);
      if (other != sequence && other.draftKv().blocks() > 0 && !drafts(step, choices, other)) {
        kv.dropDraft(other);
        if (kv.reserveDraft(sequence, tokens)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean drafts(StepRows step, DraftChoices choices, Sequence sequence) {
    if (!step.has(sequence)) {
      return false;
    }
    int index = step.sequences().indexOf(sequence);
    return choices.caps()[index] > 0 && choices.drafters()[index] == DrafterKind.MODEL;
  }
}
