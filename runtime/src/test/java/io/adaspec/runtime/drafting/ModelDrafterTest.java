package io.adaspec.runtime.drafting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.runtime.model.ForwardBatch;
import io.adaspec.runtime.model.HashModelRunner;
import io.adaspec.runtime.model.LoopingRunner;
import io.adaspec.runtime.model.ModelRunner;
import io.adaspec.runtime.request.Penalties;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.step.SequenceWork;
import io.adaspec.runtime.step.TokenHistory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ModelDrafterTest {
  private static final int VOCABULARY = 24;
  private static final int BLOCK_TOKENS = 4;
  private static final int BLOCKS_EACH = 8;
  private static final int MAX_ROWS = 20;
  private static final int[] SIZES = {9, 5, 20, 1, 12};
  private static final int[] COMPUTED = {8, 2, 3, 0, 11};
  private static final int[] CAPS = {4, 1, 6, 5, 3};
  private static final List<SamplingParams> PARAMS =
      List.of(
          SamplingParams.greedy(),
          SamplingParams.of(0.8f, 42),
          SamplingParams.greedy(),
          new SamplingParams(0.8f, 8, 0.95f, 0.02f, 43),
          SamplingParams.of(1.3f, -1));

  @Test
  void draftsOfALoopAreThoseOfPassesInTurn() {
    LoopingRunner looping = new LoopingRunner(filled(), SIZES.length);
    Outcome expected = inTurn(filled(), CAPS);
    assertThat(atOnce(looping, CAPS)).isEqualTo(expected);
    assertThat(looping.loops()).isEqualTo(1);
    assertThat(expected.tokens().get(2)).as("too far behind for the pass").isEmpty();
    assertThat(expected.tokens().stream().map(List::size)).containsExactly(4, 1, 0, 5, 3);
  }

  @Test
  void anEntryThatCannotCatchUpAloneIsComputedInAPlainPass() {
    int[] caps = {0, 0, 6, 0, 0};
    Outcome expected = inTurn(filled(16), caps);
    LoopingRunner looping = new LoopingRunner(filled(16), SIZES.length);
    assertThat(atOnce(looping, caps)).isEqualTo(expected);
    assertThat(looping.loops()).isZero();
    assertThat(expected.rows()).isEqualTo(16);
  }

  @Test
  void moreEntriesThanALoopTakesAndKeptDistributionsAreDraftedPassByPass() {
    Drafts drafts = new Drafts();
    drafts.begin(SIZES.length, 8, false);
    assertThat(drafter(new LoopingRunner(filled(), SIZES.length)).draftsAtOnce(drafts)).isTrue();
    assertThat(drafter(new LoopingRunner(filled(), SIZES.length - 1)).draftsAtOnce(drafts))
        .isFalse();
    assertThat(drafter(filled()).draftsAtOnce(drafts)).isFalse();
    drafts.begin(SIZES.length, 8, true);
    assertThat(drafter(new LoopingRunner(filled(), SIZES.length)).draftsAtOnce(drafts)).isFalse();
  }

  @Test
  void penaltiesThatDependOnTheDraftAreDraftedPassByPass() {
    TextPenalties penalties = new TextPenalties(VOCABULARY);
    ModelDrafter drafter =
        new ModelDrafter(new LoopingRunner(filled(), 1), Optional.empty(), penalties);
    Drafts drafts = new Drafts();
    drafts.begin(1, 8, false);
    for (boolean penalised : new boolean[] {false, true}) {
      SequenceWork plain = work(0, 3);
      SequenceWork work =
          new SequenceWork(
              0,
              plain.tokens(),
              plain.computed(),
              1,
              plain.blockTable(),
              penalised
                  ? SamplingParams.greedy().with(Penalties.ofRepetition(1.1f))
                  : SamplingParams.greedy(),
              DrafterKind.MODEL,
              3,
              plain.draftComputed(),
              plain.draftBlockTable());
      penalties.begin(List.of(work));
      drafter.begin(List.of(work));
      assertThat(drafter.draftsAtOnce(drafts)).isEqualTo(!penalised);
    }
  }

  @Test
  void refusesToDraftBeyondTheReservedBlocks() {
    ModelDrafter drafter = drafter(new LoopingRunner(filled(), SIZES.length));
    drafter.begin(List.of(work(0, 2 * BLOCKS_EACH * BLOCK_TOKENS)));
    Drafts drafts = new Drafts();
    drafts.begin(1, 2 * BLOCKS_EACH * BLOCK_TOKENS, false);
    assertThatThrownBy(() -> drafter.draftAll(new boolean[] {true}, drafts))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the plan must reserve them");
  }

  private record Outcome(
      List<List<Integer>> tokens,
      List<List<Float>> confidences,
      List<Integer> computed,
      int passes,
      int rows,
      long contextReads) {}

  private static Outcome inTurn(ModelRunner runner, int[] caps) {
    ModelDrafter drafter = drafter(runner);
    Drafts drafts = new Drafts();
    drafts.begin(SIZES.length, 8, false);
    boolean[] active = active(caps);
    boolean any = true;
    while (any) {
      drafter.pass(active, drafts);
      any = false;
      for (int entry = 0; entry < active.length; entry++) {
        active[entry] &= drafts.count(entry) > 0 && drafts.count(entry) < caps[entry];
        any |= active[entry];
      }
    }
    return outcome(drafter, drafts);
  }

  private static Outcome atOnce(ModelRunner runner, int[] caps) {
    ModelDrafter drafter = drafter(runner);
    Drafts drafts = new Drafts();
    drafts.begin(SIZES.length, 8, false);
    drafter.draftAll(active(caps), drafts);
    return outcome(drafter, drafts);
  }

  private static Outcome outcome(ModelDrafter drafter, Drafts drafts) {
    List<List<Integer>> tokens = new ArrayList<>();
    List<List<Float>> confidences = new ArrayList<>();
    List<Integer> computed = new ArrayList<>();
    for (int entry = 0; entry < SIZES.length; entry++) {
      List<Integer> drafted = new ArrayList<>();
      List<Float> sure = new ArrayList<>();
      for (int i = 0; i < drafts.count(entry); i++) {
        drafted.add(drafts.token(entry, i));
        sure.add(drafts.confidence(entry, i));
        sure.add(drafts.margin(entry, i));
      }
      tokens.add(drafted);
      confidences.add(sure);
      computed.add(drafter.computedAfter(entry, drafted.size()));
    }
    return new Outcome(
        tokens, confidences, computed, drafter.passes(), drafter.rows(), drafter.contextReads());
  }

  private static boolean[] active(int[] caps) {
    boolean[] active = new boolean[caps.length];
    for (int entry = 0; entry < caps.length; entry++) {
      active[entry] = caps[entry] > 0;
    }
    return active;
  }

  private static ModelDrafter drafter(ModelRunner runner) {
    ModelDrafter drafter =
        new ModelDrafter(runner, Optional.empty(), new TextPenalties(VOCABULARY));
    drafter.needsConfidence(true);
    List<SequenceWork> work = new ArrayList<>();
    for (int entry = 0; entry < SIZES.length; entry++) {
      work.add(work(entry, CAPS[entry]));
    }
    drafter.begin(work);
    return drafter;
  }

  private static SequenceWork work(int entry, int cap) {
    int[] blocks = new int[BLOCKS_EACH];
    Arrays.setAll(blocks, i -> entry * BLOCKS_EACH + i);
    return new SequenceWork(
        entry,
        new TokenHistory(tokens(entry), SIZES[entry]),
        SIZES[entry] - 1,
        1,
        blocks,
        PARAMS.get(entry),
        DrafterKind.MODEL,
        cap,
        COMPUTED[entry],
        blocks);
  }

  private static int[] tokens(int entry) {
    return new SplittableRandom(entry).ints(SIZES[entry], 0, VOCABULARY).toArray();
  }

  private static ModelRunner filled() {
    return filled(MAX_ROWS);
  }

  /** A draft model that has computed what the entries say. */
  private static ModelRunner filled(int maxRows) {
    HashModelRunner runner =
        new HashModelRunner(VOCABULARY, BLOCK_TOKENS, SIZES.length * BLOCKS_EACH, maxRows, 8, 0.6);
    for (int entry = 0; entry < SIZES.length; entry++) {
      if (COMPUTED[entry] > 0) {
        ForwardBatch batch = new ForwardBatch();
        batch.addSequence(work(entry, 1).draftBlockTable());
        for (int position = 0; position < COMPUTED[entry]; position++) {
          batch.addRow(tokens(entry)[position], position, false);
        }
        runner.forward(batch);
      }
    }
    return runner;
  }
}
