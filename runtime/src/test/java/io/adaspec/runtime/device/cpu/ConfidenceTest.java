package io.adaspec.runtime.device.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.adaspec.runtime.model.ForwardBatch;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.model.ModelFiles;
import io.adaspec.runtime.model.ModelRunner;
import io.adaspec.runtime.model.RowSamples;
import io.adaspec.runtime.model.RowSampling;
import io.adaspec.runtime.model.SharedAssets;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.sampling.TokenSampler;
import io.adaspec.runtime.tensor.Kernels;
import io.adaspec.runtime.tensor.ScalarKernels;
import io.adaspec.runtime.tensor.WorkerTeam;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Confidences by the kernels' softmax are the sampler's. */
class ConfidenceTest {
  /** The row that asks for none. */
  private static final int UNASKED = 3;

  private static final List<SamplingParams> WAYS =
      List.of(
          SamplingParams.greedy(),
          SamplingParams.of(0.8f, 3),
          SamplingParams.of(1.4f, 4),
          SamplingParams.of(1, 5),
          SamplingParams.of(Float.MIN_VALUE, 7),
          new SamplingParams(0.8f, 20, 0.95f, 0.02f, 6));

  @Test
  void confidencesAreTheSamplers() throws IOException {
    try (LoadedModel loaded =
            ModelFiles.open(
                SharedAssets.bundled("models/storyteller/storyteller-draft-q8_0.gguf"));
        WorkerTeam team = new WorkerTeam(2)) {
      for (Kernels kernels : List.of(Kernels.best(), new ScalarKernels())) {
        try (ModelRunner runner = GreedyDecoding.runner(loaded.forDevice(), kernels, team)) {
          requireSamplersConfidences(runner);
        }
      }
    }
  }

  private static void requireSamplersConfidences(ModelRunner runner) {
    ForwardBatch batch = new ForwardBatch();
    RowSampling sampling = new RowSampling();
    batch.addSequence(new int[] {0});
    for (int row = 0; row < WAYS.size(); row++) {
      batch.addRow(300 + 7 * row, row, true);
      sampling.add(WAYS.get(row), row + 1, row != UNASKED);
    }
    runner.forward(batch);
    RowSamples samples = new RowSamples();
    runner.sample(sampling, samples);
    int vocabulary = runner.config().vocabularySize();
    TokenSampler sampler = new TokenSampler(vocabulary);
    float[] logits = new float[vocabulary];
    for (int row = 0; row < WAYS.size(); row++) {
      runner.logits(row, logits);
      int token = sampler.sample(logits, 0, WAYS.get(row), row + 1, row != UNASKED);
      assertThat(samples.tokenIds()[row]).isEqualTo(token);
      if (row == UNASKED) {
        assertThat(samples.confidences()[row]).isNaN();
      } else {
        assertThat(samples.confidences()[row]).isCloseTo(sampler.confidence(), within(2e-6f));
      }
    }
  }
}
