package io.adaspec.runtime.drafting;

import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.step.SequenceWork;
import java.util.List;

/**
 * Proposes tokens that the target then verifies. Its proposals change speed, never the output.
 *
 * <p>A step calls {@link #begin} once and then {@link #pass} as long as some sequence drafts on.
 * Not thread-safe.
 */
public interface Drafter {
  /** Which entries of a step it serves. */
  DrafterKind kind();

  /** Forgets the step before; {@code work} is what the next passes are about. */
  void begin(List<SequenceWork> work);

  /**
   * Appends the next draft token, or all of them, of every active entry. An entry to which nothing
   * was appended has nothing more to propose in this step.
   *
   * @param active [work] entries that draft on; each within its draft cap
   */
  void pass(boolean[] active, Drafts drafts);
}
