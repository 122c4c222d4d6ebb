package io.adaspec.runtime.speculation;

import java.util.Arrays;

/**
 * Drafter and draft cap for every entry of a batch, chosen before the step; cap 0 is plain
 * decoding.
 *
 * @param drafters [entries]
 * @param caps [entries] at most the entry's draft limit
 */
public record DraftChoices(DrafterKind[] drafters, int[] caps) {
  /** Nobody drafts. */
  public static DraftChoices none(int entries) {
    DrafterKind[] drafters = new DrafterKind[entries];
    Arrays.fill(drafters, DrafterKind.NONE);
    return new DraftChoices(drafters, new int[entries]);
  }

  /** Everybody drafts up to {@code cap}, within its own limit and what its class may use. */
  public static DraftChoices uniform(BatchView batch, DrafterKind drafter, int cap) {
    DraftChoices choices = none(batch.size());
    for (int i = 0; i < batch.size(); i++) {
      int limit = batch.get(i).samples() ? Math.min(cap, batch.get(i).draftLimit()) : 0;
      DrafterKind own = drafter.within(batch.get(i).drafter());
      if (limit > 0 && own != DrafterKind.NONE) {
        choices.drafters[i] = own;
        choices.caps[i] = limit;
      }
    }
    return choices;
  }
}
