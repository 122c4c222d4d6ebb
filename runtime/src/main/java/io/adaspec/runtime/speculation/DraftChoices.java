package io.adaspec.runtime.speculation;

import java.util.Arrays;

/**
 * Drafter and draft cap for every entry of a batch, chosen before the step; cap 0 is plain
 * decoding.
 *
 * @param drafters [entries]
 * @param caps [entries] at most the entry's draft limit
 * @param reads [entries] of an entry whose draft KV lags by more: the tokens at the end of its text
 *     that the draft model reads, as if nothing were before them; {@link #ALL} to have it catch up
 */
public record DraftChoices(DrafterKind[] drafters, int[] caps, int[] reads) {
  /** Whatever the draft model lacks. */
  public static final int ALL = Integer.MAX_VALUE;

  /** Nobody drafts. */
  public static DraftChoices none(int entries) {
    DrafterKind[] drafters = new DrafterKind[entries];
    Arrays.fill(drafters, DrafterKind.NONE);
    int[] reads = new int[entries];
    Arrays.fill(reads, ALL);
    return new DraftChoices(drafters, new int[entries], reads);
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
