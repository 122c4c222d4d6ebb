package io.adaspec.runtime.drafting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.runtime.model.RowSampling;
import io.adaspec.runtime.request.Penalties;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.sampling.DensePenalties;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.step.SequenceWork;
import io.adaspec.runtime.step.TokenHistory;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TextPenaltiesTest {
  private static final int VOCABULARY = 40;
  private static final Penalties PENALTIES = new Penalties(1.2f, 0.5f, 0.25f, Map.of(3, 1f));

  private final TextPenalties penalties = new TextPenalties(VOCABULARY);
  private final SplittableRandom random = new SplittableRandom(2);

  @Test
  void followsTextsThatGrowShrinkAndAreReplacedUnderTheSameNumber() {
    int[] text = text(60);
    for (int size : new int[] {10, 11, 15, 60, 30, 31}) {
      assertCounts(7, text, size, 8, PENALTIES);
    }
    text[4] = (text[4] + 1) % VOCABULARY;
    assertCounts(7, text, 40, 8, PENALTIES);
    assertCounts(7, text(60), 60, 8, PENALTIES);
    assertCounts(7, text, 41, 20, PENALTIES);
    assertCounts(7, text, 42, 20, new Penalties(1, 2, 0, Map.of()));
    assertThat(penalties.texts()).isEqualTo(1);
  }

  @Test
  void onlyWhoHasPenaltiesAndSamplesIsCounted() {
    int[] text = text(20);
    penalties.begin(List.of(work(0, text, 20, 8, 20, SamplingParams.greedy())));
    assertThat(penalties.any()).isFalse();
    SamplingParams penalised = SamplingParams.greedy().with(PENALTIES);
    penalties.begin(List.of(work(0, text, 20, 8, 19, penalised)));
    assertThat(penalties.any()).isFalse();
    assertThat(penalties.texts()).isZero();
    penalties.begin(
        List.of(
            work(0, text, 20, 8, 20, SamplingParams.greedy()),
            work(1, text, 20, 8, 20, penalised),
            work(2, text, 20, 8, 20, SamplingParams.greedy())));
    assertThat(penalties.any()).isTrue();
    RowSampling rows = new RowSampling();
    for (int entry = 0; entry < 3; entry++) {
      rows.add(SamplingParams.greedy(), 20);
      penalties.penalise(rows, entry, 0, new Drafts());
    }
    assertThat(rows.hasPenalties()).isTrue();
    float[] logits = new float[VOCABULARY];
    rows.penalise(0, logits, 0);
    rows.penalise(2, logits, 0);
    assertThat(logits).containsOnly(0f);
    rows.penalise(1, logits, 0);
    assertThat(logits[3]).isNotZero();
    rows.clear();
    assertThat(rows.hasPenalties()).isFalse();
  }

  @Test
  void textsThatTakePartNoMoreAreForgotten() {
    int[] text = text(20);
    SamplingParams penalised = SamplingParams.greedy().with(PENALTIES);
    penalties.begin(List.of(work(0, text, 20, 8, 20, penalised)));
    for (int step = 0; step < 64; step++) {
      assertThat(penalties.texts()).isEqualTo(1);
      penalties.begin(List.of(work(1, text, 20, 8, 20, SamplingParams.greedy())));
    }
    penalties.begin(List.of(work(1, text, 20, 8, 20, SamplingParams.greedy())));
    assertThat(penalties.texts()).isZero();
  }

  @Test
  void refusesBiasesOutsideOfTheVocabulary() {
    SamplingParams biased =
        SamplingParams.greedy().with(new Penalties(1, 0, 0, Map.of(VOCABULARY, 1f)));
    assertThatThrownBy(() -> penalties.begin(List.of(work(5, text(20), 20, 8, 20, biased))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("sequence 5 biases token 40, and the vocabulary has 40");
  }

  private void assertCounts(long number, int[] text, int size, int prompt, Penalties expected) {
    penalties.begin(
        List.of(work(number, text, size, prompt, size, SamplingParams.greedy().with(expected))));
    Drafts drafts = new Drafts();
    drafts.begin(1, 4, false);
    int[] output = Arrays.copyOfRange(text, prompt, size + 4);
    for (int drafted = 0; drafted <= 4; drafted++) {
      RowSampling rows = new RowSampling();
      rows.add(SamplingParams.greedy(), size + drafted);
      penalties.penalise(rows, 0, drafted, drafts);
      float[] logits = new float[VOCABULARY];
      for (int token = 0; token < VOCABULARY; token++) {
        logits[token] = (float) random.nextGaussian();
      }
      float[] changed =
          DensePenalties.changed(
              logits,
              expected,
              Arrays.copyOf(text, prompt),
              Arrays.copyOf(output, size - prompt + drafted));
      rows.penalise(0, logits, 0);
      assertThat(logits).isEqualTo(changed);
      if (drafted < 4) {
        output[size - prompt + drafted] = random.nextInt(VOCABULARY);
        drafts.append(0, output[size - prompt + drafted], 1, 1);
      }
    }
  }

  private int[] text(int length) {
    return random.ints(length + 8, 0, VOCABULARY).toArray();
  }

  /** A sequence that computes its last known tokens up to {@code end}. */
  private static SequenceWork work(
      long number, int[] text, int size, int prompt, int end, SamplingParams sampling) {
    return new SequenceWork(
        number,
        new TokenHistory(text, size, prompt),
        end - 1,
        1,
        new int[8],
        sampling,
        DrafterKind.NONE,
        0,
        0,
        new int[0]);
  }
}
