package io.adaspec.runtime.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.runtime.device.StepHarness.Sequence;
import io.adaspec.runtime.request.Penalties;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.SpeculationStrategy;
import io.adaspec.runtime.speculation.Strategies;
import io.adaspec.runtime.step.StepPlan;
import io.adaspec.runtime.step.StepResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every device promises, whatever it is made of. A kind of device extends this. */
public abstract class DeviceContract {
  /** Rows of the devices under test. */
  protected static final int MAX_ROWS = 48;

  private static final int OUTPUT = 24;
  private static final Penalties PENALTIES = new Penalties(1.2f, 0.6f, 0.3f, Map.of(9, 2f));

  private Device device = new NoDevice();

  /**
   * A device with a draft model, blocks of at most 16 tokens, room for 100 blocks and a context of
   * at least 100 tokens.
   */
  protected abstract Device open() throws Exception;

  @BeforeEach
  void openDevice() throws Exception {
    device = open();
  }

  @AfterEach
  void closeDevice() {
    device.close();
  }

  @Test
  void saysWhatASchedulerMustKnow() {
    DeviceInfo info = device.info();
    assertThat(info.hasDraftModel()).isTrue();
    assertThat(info.draftContextTokens()).isPositive();
    assertThat(info.maxRows()).isEqualTo(MAX_ROWS);
    assertThat(info.description()).isNotBlank();
    assertThat(info.capacityTokens()).isGreaterThanOrEqualTo(100);
  }

  @Test
  void textIsThatOfPlainDecodingUnderEveryStrategy() {
    List<List<Integer>> plain = texts(Strategies.parse("off"), 7);
    assertThat(texts(Strategies.parse("fixed:3", DrafterKind.MODEL, 8), 7)).isEqualTo(plain);
    assertThat(texts(Strategies.parse("fixed:3", DrafterKind.NGRAM, 8), 7)).isEqualTo(plain);
    assertThat(texts(new RaggedByConfidence(0.1f, 0.2f, DrafterKind.MODEL), 7)).isEqualTo(plain);
  }

  /**
   * A draft model's positions are not those of the text then, and noise must still be the text's.
   */
  @Test
  void textIsThatOfPlainDecodingWhereTheDraftModelReadsTheEndAlone() {
    SpeculationStrategy drafting = Strategies.parse("fixed:3", DrafterKind.MODEL, 8);
    List<List<Integer>> plain = texts(Strategies.parse("off"), 7);
    assertThat(texts(new ReadingLate(drafting, 4), 7)).isEqualTo(plain);
    SpeculationStrategy ragged =
        new RaggedByConfidence(0.1f, 0.2f, DrafterKind.MODEL, DrafterKind.NONE);
    assertThat(texts(new ReadingLate(ragged, 3), 7)).isEqualTo(plain);
  }

  @Test
  void textDoesNotDependOnHowPromptsAreCut() {
    assertThat(texts(Strategies.parse("off"), 1)).isEqualTo(texts(Strategies.parse("off"), 11));
  }

  @Test
  void textSurvivesBatchesThatChangeAndPreemption() {
    List<List<Integer>> plain = texts(Strategies.parse("off"), 7);
    StepHarness harness = new StepHarness(device, 9);
    addAll(harness);
    SplittableRandom random = new SplittableRandom(4);
    while (harness.sequences.stream().anyMatch(s -> !s.done())) {
      List<Sequence> batch = new ArrayList<>();
      for (Sequence s : harness.sequences) {
        if (!s.done() && random.nextInt(3) > 0) {
          batch.add(s);
          if (random.nextInt(12) == 0) {
            harness.preempt(s);
          }
        }
      }
      if (!batch.isEmpty()) {
        String strategy = random.nextBoolean() ? "fixed:2" : "off";
        harness.step(Strategies.parse(strategy, DrafterKind.MODEL, 8), 9, batch);
      }
    }
    assertThat(outputs(harness)).isEqualTo(plain);
  }

  @Test
  void aDraftModelThatLagsMoreThanAPassHoldsCatchesUpOverSteps() {
    StepHarness plain = new StepHarness(device, 3);
    Sequence expected = plain.add(prompt(MAX_ROWS + 12, 5), OUTPUT, SamplingParams.greedy());
    plain.finish(Strategies.parse("off"), 40);

    StepHarness harness = new StepHarness(device, 4);
    Sequence sequence = harness.add(prompt(MAX_ROWS + 12, 5), OUTPUT, SamplingParams.greedy());
    harness.step(Strategies.parse("off"), 40, List.of(sequence));
    harness.step(Strategies.parse("off"), 40, List.of(sequence));
    SpeculationStrategy drafting = Strategies.parse("fixed:3", DrafterKind.MODEL, 8);
    StepResult first = harness.step(drafting, 1, List.of(sequence));
    assertThat(first.timing().draftRows()).isEqualTo(MAX_ROWS);
    assertThat(first.sequences().getFirst().drafted()).isZero();
    StepResult second = harness.step(drafting, 1, List.of(sequence));
    assertThat(second.timing().draftRows()).isEqualTo(12 + 2 + 2);
    assertThat(second.sequences().getFirst().drafted()).isEqualTo(3);
    harness.finish(drafting, 1);
    assertThat(sequence.output()).isEqualTo(expected.output());
  }

  /** Draft memory serves both models at once, each in blocks that the other does not use. */
  @Test
  void targetBlocksInDraftMemoryAreAsGoodAsOthers() {
    SpeculationStrategy drafting = Strategies.parse("fixed:3", DrafterKind.MODEL, 8);
    StepHarness usual = new StepHarness(device, 3);
    addAll(usual);
    usual.finish(drafting, 7);
    for (int seed = 0; seed < 2; seed++) {
      StepHarness lent = StepHarness.inDraftMemory(device, seed);
      addAll(lent);
      lent.finish(drafting, 7);
      assertThat(outputs(lent)).isEqualTo(outputs(usual));
      assertThat(lent.sequences.stream().map(s -> s.accepted).toList())
          .as("accepted drafts: the draft model's KV is whole, too")
          .isEqualTo(usual.sequences.stream().map(s -> s.accepted).toList());
    }
  }

  @Test
  void timesItsStepsAndCountsTheirRows() {
    StepHarness harness = new StepHarness(device, 3);
    Sequence sequence = harness.add(prompt(10, 2), OUTPUT, SamplingParams.greedy());
    StepResult result = harness.step(Strategies.parse("off"), 6, List.of(sequence));
    assertThat(result.timing().targetRows()).isEqualTo(6);
    assertThat(result.timing().totalNanos()).isPositive();
    assertThat(result.sequences()).hasSize(1);
    assertThat(result.sequences().getFirst().emitted()).isEmpty();
  }

  @Test
  void refusesAPlanThatItCannotTakeAndGoesOn() {
    StepHarness harness = new StepHarness(device, 3);
    Sequence tooLong = harness.add(prompt(MAX_ROWS + 1, 2), OUTPUT, SamplingParams.greedy());
    assertThatThrownBy(() -> harness.step(Strategies.parse("off"), MAX_ROWS + 1, List.of(tooLong)))
        .isInstanceOf(DeviceException.class)
        .hasMessageContaining(String.valueOf(MAX_ROWS));
    assertThat(texts(Strategies.parse("off"), 7)).hasSize(4);
  }

  private List<List<Integer>> texts(SpeculationStrategy strategy, int chunk) {
    StepHarness harness = new StepHarness(device, 3);
    addAll(harness);
    return outputs(harness.finish(strategy, chunk));
  }

  private void addAll(StepHarness harness) {
    harness.add(prompt(20, 1), OUTPUT, SamplingParams.greedy());
    harness.add(prompt(1, 2), OUTPUT, SamplingParams.of(0.8f, 42));
    harness.add(prompt(13, 3), OUTPUT, new SamplingParams(0.9f, 20, 0.95f, 0.02f, 43));
    harness.add(prompt(7, 4), OUTPUT, SamplingParams.of(1.3f, -1).with(PENALTIES));
  }

  private static List<List<Integer>> outputs(StepHarness harness) {
    return harness.sequences.stream().map(Sequence::output).toList();
  }

  private int[] prompt(int size, long seed) {
    return new SplittableRandom(seed).ints(size, 3, device.info().vocabularySize()).toArray();
  }

  /** Stands in until a device is open. */
  private static final class NoDevice implements Device {
    @Override
    public DeviceInfo info() {
      throw new IllegalStateException("no device is open");
    }

    @Override
    public StepResult execute(StepPlan plan) {
      throw new IllegalStateException("no device is open");
    }

    @Override
    public void close() {}
  }
}
