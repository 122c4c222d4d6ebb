package io.adaspec.runtime.device.roofline;

import java.util.List;
import java.util.stream.Stream;

/**
 * Which steps are measured.
 *
 * @param sequences numbers of sequences that decode side by side
 * @param prefills lengths of prompts
 * @param cycles numbers of sequences that draft and verify side by side
 * @param contextTokens of every sequence that decodes or drafts
 * @param draftTokens drafted in a cycle
 * @param repetitions steps that count, after as many as a quarter of them that do not
 */
public record RooflineSettings(
    List<Integer> sequences,
    List<Integer> prefills,
    List<Integer> cycles,
    int contextTokens,
    int draftTokens,
    int repetitions) {
  /** Positions of {@link ModelShape#config}. */
  private static final int MOST_TOKENS = 4096;

  public RooflineSettings {
    sequences = List.copyOf(sequences);
    prefills = List.copyOf(prefills);
    cycles = List.copyOf(cycles);
    boolean positive =
        Stream.of(sequences, prefills, cycles).flatMap(List::stream).allMatch(each -> each > 0);
    if (!positive || contextTokens < 1 || draftTokens < 1 || repetitions < 1) {
      throw new IllegalArgumentException(
          "numbers of sequences, tokens and repetitions must be positive: "
              + List.of(sequences, prefills, cycles, contextTokens, draftTokens, repetitions));
    }
    int longest = contextTokens + (draftTokens + 1) * (repetitions + warmUps(repetitions) + 2);
    int prefill = prefills.stream().mapToInt(each -> each).max().orElse(1);
    if (Math.max(longest, prefill) > MOST_TOKENS) {
      throw new IllegalArgumentException(
          "sequences grow to "
              + Math.max(longest, prefill)
              + " tokens, at most "
              + MOST_TOKENS
              + " are measured; lower context, draft length or repetitions");
    }
  }

  int warmUps() {
    return warmUps(repetitions);
  }

  private static int warmUps(int repetitions) {
    return 2 + repetitions / 4;
  }

  /** The longest that a sequence that drafts may become. */
  int cycleTokens() {
    return contextTokens + (draftTokens + 1) * (repetitions + warmUps() + 2);
  }

  /** Tokens of all sequences side by side, or of one as long as any may be, in whole blocks. */
  long mostTokens(int blockTokens) {
    int decoding = sequences.stream().mapToInt(each -> each).max().orElse(1);
    int drafting = cycles.stream().mapToInt(each -> each).max().orElse(1);
    long most =
        Math.max(
            (long) decoding * (contextTokens + 1 + blockTokens),
            (long) drafting * (cycleTokens() + blockTokens));
    return Math.max(MOST_TOKENS, most) + blockTokens;
  }

  /** Most rows of a pass. */
  public int maxRows() {
    int most = prefills.stream().mapToInt(each -> each).max().orElse(1);
    most = Math.max(most, sequences.stream().mapToInt(each -> each).max().orElse(1));
    int drafting = cycles.stream().mapToInt(each -> each).max().orElse(1);
    return Math.max(most, drafting * (contextTokens + draftTokens)); // their prompts at once
  }
}
