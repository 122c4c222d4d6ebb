package io.adaspec.runtime.drafting;

import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.step.SequenceWork;
import io.adaspec.runtime.step.TokenHistory;
import java.util.List;

/**
 * Prompt lookup: proposes what followed the most recent of the longest earlier occurrences of the
 * sequence's last tokens (Saxena 2023, "prompt lookup decoding"). Needs no model and costs one scan
 * of at most {@value #WINDOW} tokens.
 *
 * <p>The continuation may run into the proposal itself, so that a short period is continued at any
 * length. A match of fewer than {@value #SHORTEST_MATCH} tokens is none. Confidence is 1, margin
 * the length of the match.
 */
public final class NgramDrafter implements Drafter {
  private static final int SHORTEST_MATCH = 2;
  private static final int LONGEST_MATCH = 6;
  private static final int WINDOW = 16_384;

  private List<SequenceWork> work = List.of();

  @Override
  public DrafterKind kind() {
    return DrafterKind.NGRAM;
  }

  @Override
  public void begin(List<SequenceWork> newWork) {
    work = newWork;
  }

  @Override
  public void pass(boolean[] active, Drafts drafts) {
    for (int entry = 0; entry < work.size(); entry++) {
      if (active[entry] && drafts.count(entry) == 0) {
        propose(entry, work.get(entry), drafts);
      }
    }
  }

  private static void propose(int entry, SequenceWork sequence, Drafts drafts) {
    TokenHistory tokens = sequence.tokens();
    int size = tokens.size();
    int bestEnd = 0;
    int bestLength = SHORTEST_MATCH - 1;
    int oldest = Math.max(0, size - WINDOW);
    for (int end = size - 1; end > oldest && bestLength < LONGEST_MATCH; end--) {
      int length = matchLength(tokens, end, oldest);
      if (length > bestLength) {
        bestLength = length;
        bestEnd = end;
      }
    }
    if (bestEnd == 0) {
      return;
    }
    for (int i = 0; i < sequence.draftCap(); i++) {
      int source = bestEnd + i;
      int token = source < size ? tokens.get(source) : drafts.token(entry, source - size);
      drafts.append(entry, token, 1, bestLength);
    }
  }

  /** How many tokens before {@code end} equal those before the end of the history. */
  private static int matchLength(TokenHistory tokens, int end, int oldest) {
    int size = tokens.size();
    int length = 0;
    while (length < LONGEST_MATCH
        && end - 1 - length >= oldest
        && tokens.get(end - 1 - length) == tokens.get(size - 1 - length)) {
      length++;
    }
    return length;
  }
}
