package io.adaspec.runtime.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.runtime.device.StepHarness.Sequence;
import io.adaspec.runtime.model.ForwardBatch;
import io.adaspec.runtime.model.HashModelRunner;
import io.adaspec.runtime.request.Penalties;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.sampling.DensePenalties;
import io.adaspec.runtime.sampling.TokenSampler;
import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.CostModel;
import io.adaspec.runtime.speculation.DraftChoices;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.SpeculationStrategy;
import io.adaspec.runtime.speculation.Strategies;
import io.adaspec.runtime.speculation.SurvivalTable;
import io.adaspec.runtime.speculation.Verifier;
import io.adaspec.runtime.step.SequenceResult;
import io.adaspec.runtime.step.StepResult;
import io.adaspec.runtime.time.NanoClock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class StepRunnerTest {
  private static final int VOCABULARY = 24;
  private static final int OUTPUT = 60;
  private static final Penalties PENALTIES =
      new Penalties(1.2f, 0.15f, 0.3f, Map.of(3, 1f, 9, -100f));

  static Stream<SpeculationStrategy> strategies() {
    return Stream.of(
        Strategies.parse("fixed:1"),
        Strategies.parse("fixed:4"),
        Strategies.parse("fixed:16", DrafterKind.MODEL, 16),
        Strategies.parse("threshold:0.4"),
        Strategies.parse("fixed:5", DrafterKind.NGRAM, 8),
        new RaggedByConfidence(0.2f, 0.3f, DrafterKind.MODEL),
        new RaggedByConfidence(0.2f, 0.3f, DrafterKind.MODEL, DrafterKind.NGRAM),
        new RaggedByConfidence(
            0.1f, 0.25f, DrafterKind.NONE, DrafterKind.MODEL, DrafterKind.NGRAM));
  }

  @ParameterizedTest
  @MethodSource("strategies")
  void textIsThatOfPlainDecodingForGreedyAndSampledMates(SpeculationStrategy strategy) {
    List<List<Integer>> plain = texts(Strategies.parse("off"), 512);
    for (int chunk : new int[] {1, 3, 512}) {
      assertThat(texts(strategy, chunk)).isEqualTo(plain);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void textSurvivesRandomBatchesChunksStrategySwitchesPreemptionAndLossOfDraftKv(long seed) {
    List<List<Integer>> plain = texts(Strategies.parse("off"), 512);
    SplittableRandom random = new SplittableRandom(seed);
    List<SpeculationStrategy> all =
        Stream.concat(strategies(), Stream.of(Strategies.parse("off"))).toList();
    StepHarness harness = harness();
    addAll(harness);
    while (harness.sequences.stream().anyMatch(s -> !s.done())) {
      List<Sequence> batch = new ArrayList<>();
      for (Sequence s : harness.sequences) {
        if (!s.done() && random.nextInt(4) > 0) {
          batch.add(s);
          if (random.nextInt(25) == 0) {
            harness.preempt(s);
          } else if (random.nextInt(25) == 0) {
            harness.dropDraft(s);
          }
        }
      }
      if (!batch.isEmpty()) {
        harness.step(all.get(random.nextInt(all.size())), 1 + random.nextInt(40), batch);
      }
    }
    assertThat(outputs(harness)).isEqualTo(plain);
  }

  @Test
  void penalisedTextIsThatOfTheFormulaOverTheWholeVocabulary() {
    List<List<Integer>> texts = texts(Strategies.parse("fixed:4"), 512);
    int[] greedy = plainText(prompt(12, 6), SamplingParams.greedy().with(PENALTIES));
    int[] sampled = plainText(prompt(5, 7), SamplingParams.of(0.8f, 44).with(PENALTIES));
    assertThat(texts.get(5)).isEqualTo(Arrays.stream(greedy).boxed().toList());
    assertThat(texts.get(6)).isEqualTo(Arrays.stream(sampled).boxed().toList());
  }

  /** By asking the target for one token after the other. */
  private static int[] plainText(int[] prompt, SamplingParams params) {
    HashModelRunner target = model(7, 0.6, 512);
    TokenSampler sampler = new TokenSampler(VOCABULARY);
    int[] blocks = new int[20];
    Arrays.setAll(blocks, i -> i);
    int[] text = Arrays.copyOf(prompt, prompt.length + OUTPUT);
    float[] logits = new float[VOCABULARY];
    for (int size = prompt.length; size < text.length; size++) {
      ForwardBatch batch = new ForwardBatch();
      batch.addSequence(blocks);
      for (int p = 0; p < size; p++) {
        batch.addRow(text[p], p, p == size - 1);
      }
      target.forward(batch);
      target.logits(0, logits);
      float[] changed =
          DensePenalties.changed(
              logits, params.penalties(), prompt, Arrays.copyOfRange(text, prompt.length, size));
      text[size] = sampler.sample(changed, 0, params, size, false);
    }
    return Arrays.copyOfRange(text, prompt.length, text.length);
  }

  @ParameterizedTest
  @ValueSource(strings = {"fixed:1", "fixed:4", "fixed:8"})
  void aDraftEqualToTheTargetIsAcceptedWholly(String spec) {
    for (SamplingParams sampling :
        List.of(
            SamplingParams.greedy(),
            SamplingParams.of(0.8f, 5),
            SamplingParams.greedy().with(PENALTIES),
            SamplingParams.of(0.8f, 5).with(PENALTIES))) {
      StepHarness harness = new StepHarness(model(7, 2, 512), Optional.of(model(7, 2, 512)), 1);
      Sequence sequence = harness.add(prompt(20, 3), OUTPUT, sampling);
      harness.finish(Strategies.parse(spec, DrafterKind.MODEL, 8), 8);
      assertThat(sequence.accepted).isEqualTo(sequence.drafted).isGreaterThan(OUTPUT / 3);
    }
  }

  @Test
  void draftCatchUpLeavesNoHoleAfterPlainStepsAndRaggedAcceptance() {
    StepHarness harness = new StepHarness(model(7, 2, 512), Optional.of(model(7, 2, 512)), 1);
    Sequence one = harness.add(prompt(20, 3), OUTPUT, SamplingParams.greedy());
    Sequence two = harness.add(prompt(9, 4), OUTPUT, SamplingParams.of(0.8f, 5));
    SplittableRandom random = new SplittableRandom(2);
    while (!one.done() || !two.done()) {
      List<Sequence> batch = Stream.of(one, two).filter(s -> !s.done()).toList();
      SpeculationStrategy strategy =
          switch (random.nextInt(4)) {
            case 0 -> Strategies.parse("off");
            case 1 -> Strategies.parse("fixed:3", DrafterKind.NGRAM, 8);
            case 2 -> new RaggedByConfidence(0, 0.3f, DrafterKind.MODEL);
            default -> Strategies.parse("fixed:3");
          };
      StepResult result = harness.step(strategy, 7, batch);
      for (SequenceResult each : result.sequences()) {
        if (each.margins().length > 0 && each.confidences()[0] != 1) {
          assertThat(each.accepted()).isEqualTo(each.verified());
        }
      }
    }
  }

  @Test
  void aDraftTooFarBehindCatchesUpInChunksWhileItsSequenceDecodes() {
    StepHarness harness = new StepHarness(model(7, 2, 512), Optional.of(model(7, 2, 10)), 1);
    Sequence sequence = harness.add(prompt(35, 3), 30, SamplingParams.greedy());
    SpeculationStrategy strategy = Strategies.parse("fixed:4");

    SequenceResult first = harness.step(strategy, 512, List.of(sequence)).sequences().get(0);
    assertThat(first.draftComputed()).isEqualTo(10);
    assertThat(first.drafted()).isZero();
    assertThat(first.emitted()).hasSize(1);
    harness.step(strategy, 512, List.of(sequence));
    harness.step(strategy, 512, List.of(sequence));
    assertThat(sequence.draftComputed).isEqualTo(30);
    SequenceResult fourth = harness.step(strategy, 512, List.of(sequence)).sequences().get(0);
    assertThat(fourth.accepted()).isEqualTo(4);
    assertThat(fourth.draftComputed()).isEqualTo(41);
  }

  @Test
  void draftPassesAreBatchedOverSequences() {
    HashModelRunner draft = model(8, 0.5, 512);
    StepHarness harness = new StepHarness(model(7, 0.5, 512), Optional.of(draft), 1);
    for (int i = 0; i < 6; i++) {
      harness.add(prompt(5 + i, i), OUTPUT, SamplingParams.greedy());
    }
    StepResult result = harness.step(Strategies.parse("fixed:4"), 512, harness.sequences);
    assertThat(draft.forwards()).isEqualTo(4);
    assertThat(result.timing().draftPasses()).isEqualTo(4);
    assertThat(result.timing().draftRows()).isEqualTo(45 + 18);
    assertThat(result.timing().targetRows()).isEqualTo(45 + 24);
  }

  @Test
  void draftKvAfterAcceptanceCountsOnlyWhatWasComputedAndKept() {
    StepHarness all = new StepHarness(model(7, 2, 512), Optional.of(model(7, 2, 512)), 1);
    Sequence sequence = all.add(prompt(20, 3), OUTPUT, SamplingParams.greedy());
    SequenceResult accepted =
        all.step(Strategies.parse("fixed:4"), 512, List.of(sequence)).sequences().get(0);
    assertThat(accepted.computed()).isEqualTo(24);
    assertThat(accepted.draftComputed()).isEqualTo(23);

    StepHarness none = new StepHarness(model(7, 9, 512), Optional.of(model(8, 9, 512)), 1);
    Sequence other = none.add(prompt(20, 3), OUTPUT, SamplingParams.greedy());
    SequenceResult rejected =
        none.step(Strategies.parse("fixed:4"), 512, List.of(other)).sequences().get(0);
    assertThat(rejected.accepted()).isZero();
    assertThat(rejected.computed()).isEqualTo(20);
    assertThat(rejected.draftComputed()).isEqualTo(20);
  }

  @Test
  void rejectionSamplingOfGreedyTextIsLosslessToo() {
    List<List<Integer>> plain = texts(Strategies.parse("off"), 512);
    StepHarness harness = harness().verifier(Verifier.REJECTION);
    addAll(harness);
    harness.finish(Strategies.parse("fixed:4"), 512);
    assertThat(outputs(harness).get(0)).isEqualTo(plain.get(0));
    assertThat(outputs(harness).get(5)).as("with penalties").isEqualTo(plain.get(5));
  }

  @Test
  void refusesToSelectByConfidenceWithRejectionSampling() {
    StepHarness harness = harness().verifier(Verifier.REJECTION);
    addAll(harness);
    assertThatThrownBy(
            () -> harness.step(Strategies.parse("threshold:0.5"), 512, harness.sequences))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("biases rejection sampling");
  }

  @Test
  void refusesADraftOfAnotherVocabulary() {
    HashModelRunner draft = new HashModelRunner(VOCABULARY + 1, 4, 8, 16, 1, 1);
    assertThatThrownBy(
            () -> new StepRunner(model(1, 1, 16), Optional.of(draft), NanoClock.system()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("vocabulary of 25")
        .hasMessageContaining("24");
  }

  @Test
  void aPlanBeyondTheDevicesRowsIsADeviceExceptionThatSaysSo() {
    StepHarness harness = new StepHarness(model(1, 1, 16), Optional.empty(), 1);
    harness.add(prompt(17, 1), 5, SamplingParams.greedy());
    assertThatThrownBy(() -> harness.step(Strategies.parse("off"), 512, harness.sequences))
        .isInstanceOf(DeviceException.class)
        .hasMessageContaining("17 rows")
        .hasMessageContaining("16");
  }

  @Test
  void draftingWithAModelThatIsNotThereIsADeviceException() {
    StepHarness harness = new StepHarness(model(1, 1, 16), Optional.empty(), 1);
    harness.add(prompt(5, 1), 5, SamplingParams.greedy());
    assertThatThrownBy(() -> harness.step(Strategies.parse("fixed:2"), 512, harness.sequences))
        .isInstanceOf(DeviceException.class)
        .hasMessageContaining("no draft model");
  }

  static Stream<Error> errors() {
    return Stream.of(
        new OutOfMemoryError("no memory"),
        new InternalError("a mapped file was cut short"),
        new StackOverflowError(),
        new NoClassDefFoundError("a kernel"));
  }

  @ParameterizedTest
  @MethodSource("errors")
  void errorsThatAStepMeetsAreDeviceExceptions(Error error) {
    StepHarness harness = new StepHarness(model(1, 1, 16), Optional.empty(), 1);
    harness.add(prompt(5, 1), 5, SamplingParams.greedy());
    assertThatThrownBy(() -> harness.step(new Failing(error), 512, harness.sequences))
        .isInstanceOfSatisfying(
            DeviceException.class, failure -> assertThat(failure.permanent()).isFalse())
        .hasCause(error)
        .hasMessageContaining(";");
  }

  /** Meets an error in the middle of a step. */
  private record Failing(Error error) implements SpeculationStrategy {
    @Override
    public String spec() {
      return "failing";
    }

    @Override
    public DraftChoices choose(BatchView batch, CostModel cost) {
      return DraftChoices.none(batch.size());
    }

    @Override
    public boolean[] continueDrafting(BatchView batch, SurvivalTable survival, CostModel cost) {
      return new boolean[batch.size()];
    }

    @Override
    public int[] select(BatchView batch, SurvivalTable survival, CostModel cost) {
      throw error;
    }

    @Override
    public boolean selectsByConfidence() {
      return false;
    }
  }

  private static List<List<Integer>> texts(SpeculationStrategy strategy, int chunk) {
    StepHarness harness = harness();
    addAll(harness);
    return outputs(harness.finish(strategy, chunk));
  }

  private static StepHarness harness() {
    return new StepHarness(model(7, 0.6, 512), Optional.of(model(8, 0.6, 512)), 3);
  }

  private static void addAll(StepHarness harness) {
    harness.add(prompt(20, 1), OUTPUT, SamplingParams.greedy());
    harness.add(prompt(1, 2), OUTPUT, SamplingParams.of(0.8f, 42));
    harness.add(prompt(33, 3), OUTPUT, new SamplingParams(0.8f, 8, 0.95f, 0.02f, 43));
    harness.add(prompt(7, 4), OUTPUT, SamplingParams.greedy());
    harness.add(prompt(12, 5), OUTPUT, SamplingParams.of(1.3f, -1));
    harness.add(prompt(12, 6), OUTPUT, SamplingParams.greedy().with(PENALTIES));
    harness.add(prompt(5, 7), OUTPUT, SamplingParams.of(0.8f, 44).with(PENALTIES));
  }

  private static List<List<Integer>> outputs(StepHarness harness) {
    return harness.sequences.stream().map(Sequence::output).toList();
  }

  private static HashModelRunner model(long salt, double noise, int maxRows) {
    return new HashModelRunner(VOCABULARY, 4, 400, maxRows, salt, noise);
  }

  private static int[] prompt(int size, long seed) {
    return new SplittableRandom(seed).ints(size, 0, VOCABULARY).toArray();
  }
}
