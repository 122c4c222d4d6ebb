package io.adaspec.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.adaspec.runtime.model.ForwardBatch;
import io.adaspec.runtime.model.ModelRunner;
import io.adaspec.runtime.model.ModelWeights;
import io.adaspec.runtime.model.RowSamples;
import io.adaspec.runtime.model.RowSampling;
import io.adaspec.runtime.request.Penalties;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.sampling.InvalidLogitsException;
import io.adaspec.runtime.sampling.PenalisedTokens;
import io.adaspec.runtime.tensor.WeightFormat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Draft loops in one go against the same passes one by one. */
class DraftLoopTest {
  private static final int BLOCKS = 60;
  private static final int[] STARTS = {5, 255, 30, 16};
  private static final int[] LAGS = {1, 3, 7, 1};
  private static final int[] DRAFTS = {4, 1, 6, 3};

  /** Tokens of each text that the draft model does not read. */
  private static final int[] UNREAD = {0, 0, 500, 33};

  private static final List<SamplingParams> PARAMS =
      List.of(
          SamplingParams.greedy(),
          SamplingParams.of(0.9f, 11),
          new SamplingParams(0.8f, 20, 0.9f, 0.01f, 7),
          SamplingParams.of(1.3f, 12));

  private final CudaContext context = TestGpu.context();

  @AfterEach
  void close() {
    context.close();
  }

  @Test
  void tokensConfidencesAndMarginsAreThoseOfPassesOneByOne() {
    for (WeightFormat format : new WeightFormat[] {WeightFormat.F32, WeightFormat.Q8_0}) {
      ModelWeights model = RandomModels.of(RandomModels.config(false), format, 31);
      RowSamples expected = new RowSamples();
      RowSamples actual = new RowSamples();
      int count = Arrays.stream(DRAFTS).sum();
      try (ModelRunner one = TestRunners.cuda(context, model, BLOCKS);
          ModelRunner all = TestRunners.cuda(context, model, BLOCKS)) {
        prefill(one);
        prefill(all);
        for (int round = 0; round < 2; round++) {
          oneByOne(one, expected);
          all.forwardAndDraft(first(), sampling(0), DRAFTS, actual);
          assertThat(Arrays.copyOf(actual.tokenIds(), count))
              .isEqualTo(Arrays.copyOf(expected.tokenIds(), count));
          assertThat(Arrays.copyOf(actual.confidences(), count))
              .isEqualTo(Arrays.copyOf(expected.confidences(), count));
          assertThat(Arrays.copyOf(actual.margins(), count))
              .isEqualTo(Arrays.copyOf(expected.margins(), count));
        }
      }
    }
  }

  @Test
  void logitsThatAreNotFiniteAreRefusedAndTheRunnerGoesOn() {
    ModelWeights bad = RandomModels.notFinite();
    try (ModelRunner runner = TestRunners.cuda(context, bad, BLOCKS)) {
      for (int round = 0; round < 2; round++) {
        assertThatThrownBy(
                () -> runner.forwardAndDraft(first(), sampling(0), DRAFTS, new RowSamples()))
            .isInstanceOf(InvalidLogitsException.class);
      }
    }
  }

  @Test
  void penaltiesAreRefusedSinceTheyDependOnWhatIsDrafted() {
    ModelWeights model = RandomModels.of(RandomModels.config(false), WeightFormat.F32, 31);
    Penalties penalties = Penalties.ofRepetition(1.1f);
    RowSampling penalised = sampling(0);
    penalised.penalise(new PenalisedTokens(penalties), 0);
    try (ModelRunner runner = TestRunners.cuda(context, model, BLOCKS)) {
      assertThatThrownBy(() -> runner.forwardAndDraft(first(), penalised, DRAFTS, new RowSamples()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("penalties");
    }
  }

  private static void prefill(ModelRunner runner) {
    ForwardBatch batch = new ForwardBatch();
    for (int sequence = 0; sequence < STARTS.length; sequence++) {
      batch.addSequence(table(sequence));
      for (int i = 0; i < STARTS[sequence]; i++) {
        batch.addRow(token(sequence, i), i, false);
      }
      if (batch.rows() > 100) {
        runner.forward(batch);
        batch.clear();
      }
    }
    if (batch.rows() > 0) {
      runner.forward(batch);
    }
  }

  /** What the draft KV lacks of every sequence. */
  private static ForwardBatch first() {
    ForwardBatch batch = new ForwardBatch();
    for (int sequence = 0; sequence < STARTS.length; sequence++) {
      batch.addSequence(table(sequence));
      for (int i = 0; i < LAGS[sequence]; i++) {
        int position = STARTS[sequence] + i;
        batch.addRow(token(sequence, position), position, i == LAGS[sequence] - 1);
      }
    }
    return batch;
  }

  /** Sampling of a pass's rows: of the sequences that have more drafts than that. */
  private static RowSampling sampling(int pass) {
    RowSampling sampling = new RowSampling();
    for (int sequence = 0; sequence < STARTS.length; sequence++) {
      if (DRAFTS[sequence] > pass) {
        int position = UNREAD[sequence] + STARTS[sequence] + LAGS[sequence] + pass;
        sampling.add(PARAMS.get(sequence), position, sequence != 3);
      }
    }
    return sampling;
  }

  private static void oneByOne(ModelRunner runner, RowSamples out) {
    List<int[]> drafted = new ArrayList<>();
    int[] last = new int[STARTS.length];
    RowSamples samples = new RowSamples();
    out.ensure(Arrays.stream(DRAFTS).sum());
    int to = 0;
    for (int pass = 0; pass < Arrays.stream(DRAFTS).max().orElseThrow(); pass++) {
      ForwardBatch batch = pass == 0 ? first() : new ForwardBatch();
      for (int sequence = 0; pass > 0 && sequence < STARTS.length; sequence++) {
        if (DRAFTS[sequence] > pass) {
          batch.addSequence(table(sequence));
          batch.addRow(last[sequence], STARTS[sequence] + LAGS[sequence] + pass - 1, true);
        }
      }
      RowSampling sampling = sampling(pass);
      runner.forward(batch);
      samples.ensure(sampling.rows());
      runner.sample(sampling, samples);
      int row = 0;
      for (int sequence = 0; sequence < STARTS.length; sequence++) {
        if (DRAFTS[sequence] > pass) {
          last[sequence] = samples.tokenIds()[row];
          out.tokenIds()[to] = samples.tokenIds()[row];
          out.confidences()[to] = samples.confidences()[row];
          out.margins()[to++] = samples.margins()[row++];
        }
      }
      drafted.add(last.clone());
    }
    assertThat(drafted).hasSizeGreaterThan(1);
  }

  private static int token(int sequence, int position) {
    return new SplittableRandom(sequence * 1000L + position).nextInt(300);
  }

  private static int[] table(int sequence) {
    int[] table = new int[18];
    Arrays.setAll(table, i -> sequence == 1 ? i : 18 + sequence * 6 + i % 6);
    return sequence == 1 ? table : Arrays.copyOf(table, 6);
  }
}
