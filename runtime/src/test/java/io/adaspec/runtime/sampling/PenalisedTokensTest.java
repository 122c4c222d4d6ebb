package io.adaspec.runtime.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.request.Penalties;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PenalisedTokensTest {
  private static final int VOCABULARY = 700;

  private final SplittableRandom random = new SplittableRandom(9);

  static List<Penalties> kinds() {
    return List.of(
        new Penalties(1.3f, 0, 0, Map.of()),
        new Penalties(0.7f, 0, 0, Map.of(5, -100f)),
        new Penalties(1, 0.4f, 0, Map.of()),
        new Penalties(1, 0, 1.5f, Map.of()),
        new Penalties(1, 0, 0, Map.of(3, 2.5f, 699, -1f)),
        new Penalties(1.1f, -0.3f, 0.2f, Map.of(0, 0.5f, 17, -7f)));
  }

  @Test
  void sparseListsChangeLogitsAsTheFormulaOverTheWholeVocabularyDoes() {
    for (Penalties penalties : kinds()) {
      PenalisedTokens tokens = new PenalisedTokens(penalties);
      for (int length : new int[] {0, 3, 90, 1500}) {
        int[] prompt = text(length / 3);
        int[] output = text(length - length / 3);
        int[] draft = text(12);
        tokens.clear();
        append(tokens, prompt, false);
        append(tokens, output, true);
        draft(tokens, draft);
        for (int before = 0; before <= draft.length; before++) {
          int[] known = Arrays.copyOf(output, output.length + before);
          System.arraycopy(draft, 0, known, output.length, before);
          assertChanges(tokens, before, prompt, known);
        }
      }
    }
  }

  @Test
  void whatWasDraftedBeforeLeavesNothingBehind() {
    Penalties penalties = kinds().getLast();
    PenalisedTokens tokens = new PenalisedTokens(penalties);
    int[] prompt = text(20);
    int[] output = text(200);
    append(tokens, prompt, false);
    for (int i = 0; i < output.length; i++) {
      tokens.clearDraft();
      int[] draft = text(1 + random.nextInt(40));
      draft(tokens, draft);
      assertThat(tokens.drafted()).isEqualTo(draft.length);
      tokens.append(output[i], true);
      assertThat(tokens.drafted()).isZero();
      assertChanges(tokens, 0, prompt, Arrays.copyOf(output, i + 1));
    }
    long distinct =
        Arrays.stream(output)
                .distinct()
                .filter(t -> Arrays.stream(prompt).noneMatch(p -> p == t))
                .count()
            + Arrays.stream(prompt).distinct().count();
    assertThat((long) tokens.entries())
        .isBetween(distinct, distinct + penalties.logitBias().size());
  }

  @Test
  void tokensThatNoPenaltyIsAboutAreNotKept() {
    PenalisedTokens presence = new PenalisedTokens(new Penalties(1, 0, 1, Map.of()));
    append(presence, text(30), false);
    assertThat(presence.entries()).isZero();
    PenalisedTokens bias = new PenalisedTokens(new Penalties(1, 0, 0, Map.of(4, 1f)));
    append(bias, text(30), true);
    draft(bias, text(3));
    assertThat(bias.entries()).isEqualTo(1);
  }

  private void assertChanges(PenalisedTokens tokens, int before, int[] prompt, int[] output) {
    float[] logits = new float[VOCABULARY + 7];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) random.nextGaussian() * 4;
    }
    float[] row = Arrays.copyOfRange(logits, 4, VOCABULARY + 4);
    float[] expected = logits.clone();
    float[] changed = DensePenalties.changed(row, tokens.penalties(), prompt, output);
    System.arraycopy(changed, 0, expected, 4, VOCABULARY);
    tokens.apply(logits, 4, before);
    assertThat(logits).as("%s, %s drafts", tokens.penalties(), before).isEqualTo(expected);
  }

  /** Some tokens often, others never. */
  private int[] text(int length) {
    int[] text = new int[length];
    Arrays.setAll(
        text, i -> random.nextBoolean() ? random.nextInt(20) : random.nextInt(VOCABULARY));
    return text;
  }

  private static void append(PenalisedTokens tokens, int[] text, boolean isOutput) {
    for (int token : text) {
      tokens.append(token, isOutput);
    }
  }

  private static void draft(PenalisedTokens tokens, int[] draft) {
    for (int token : draft) {
      tokens.draft(token);
    }
  }
}
