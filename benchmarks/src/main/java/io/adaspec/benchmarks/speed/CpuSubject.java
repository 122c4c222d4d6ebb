package io.adaspec.benchmarks.speed;

import io.adaspec.runtime.device.cpu.CpuModelRunner;
import io.adaspec.runtime.kvcache.KvGeometry;
import io.adaspec.runtime.model.ForwardBatch;
import io.adaspec.runtime.model.LoadedModel;
import io.adaspec.runtime.model.ModelConfig;
import io.adaspec.runtime.model.ModelRunner;
import io.adaspec.runtime.model.RowSamples;
import io.adaspec.runtime.model.RowSampling;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.tensor.Kernels;
import io.adaspec.runtime.tensor.WorkerTeam;
import java.util.Arrays;
import java.util.SplittableRandom;

/** AdaSpec's CPU device: forward passes and greedy sampling, without scheduler and actors. */
final class CpuSubject implements Subject {
  private static final int BLOCK_TOKENS = 16;
  private static final int MOST_ROWS = 512;
  private static final SamplingParams GREEDY = SamplingParams.greedy();

  private final SpeedSettings settings;
  private final WorkerTeam team;
  private final ModelRunner runner;
  private final ForwardBatch batch = new ForwardBatch();
  private final RowSampling sampling = new RowSampling();
  private final RowSamples samples = new RowSamples();
  private final SplittableRandom random = new SplittableRandom(1);
  private final int blocksPerSequence;
  private int prefilled;

  CpuSubject(LoadedModel model, SpeedSettings settings) {
    this.settings = settings;
    this.team = new WorkerTeam(settings.threads());
    ModelConfig config = model.config();
    KvGeometry geometry =
        new KvGeometry(
            config.layers(),
            config.kvHeads(),
            config.headSize(),
            BLOCK_TOKENS,
            KvGeometry.ElementType.F32);
    int tokens = Math.max(settings.promptTokens(), settings.contextTokens());
    this.blocksPerSequence = geometry.blocksFor(tokens + settings.outputTokens() + 32);
    int blocks = Math.multiplyExact(blocksPerSequence, settings.mostSequences() + 1);
    this.runner =
        new CpuModelRunner(model.forDevice(), geometry, blocks, MOST_ROWS, Kernels.best(), team);
  }

  @Override
  public String name() {
    return "adaspec";
  }

  @Override
  public double prefillSeconds(int tokens) {
    long start = System.nanoTime();
    prefill(settings.mostSequences(), tokens);
    return (System.nanoTime() - start) / 1e9;
  }

  @Override
  public double decodeRate(int sequences) {
    while (prefilled < sequences) {
      prefill(prefilled++, settings.contextTokens());
    }
    int[] tokens = new int[sequences];
    Arrays.setAll(tokens, i -> token());
    long start = System.nanoTime();
    for (int pass = 0; pass < settings.outputTokens(); pass++) {
      begin();
      for (int sequence = 0; sequence < sequences; sequence++) {
        batch.addSequence(table(sequence));
        addRow(tokens[sequence], settings.contextTokens() + pass);
      }
      finish();
      System.arraycopy(samples.tokenIds(), 0, tokens, 0, sequences);
    }
    return sequences * settings.outputTokens() / ((System.nanoTime() - start) / 1e9);
  }

  /** Passes per second of one sequence with {@code rows} rows each, all of which are sampled. */
  double verifyRate(int rows) {
    if (prefilled == 0) {
      prefill(prefilled++, settings.contextTokens());
    }
    int passes = settings.outputTokens();
    long start = System.nanoTime();
    for (int pass = 0; pass < passes; pass++) {
      begin();
      batch.addSequence(table(0));
      for (int row = 0; row < rows; row++) {
        addRow(token(), settings.contextTokens() + row);
      }
      finish();
    }
    return passes / ((System.nanoTime() - start) / 1e9);
  }

  private void prefill(int sequence, int tokens) {
    for (int from = 0; from < tokens; from += MOST_ROWS) {
      begin();
      batch.addSequence(table(sequence));
      int end = Math.min(tokens, from + MOST_ROWS);
      for (int position = from; position < end - 1; position++) {
        batch.addRow(token(), position, false);
      }
      addRow(token(), end - 1);
      finish();
    }
  }

  private void begin() {
    batch.clear();
    sampling.clear();
  }

  private void addRow(int token, int position) {
    batch.addRow(token, position, true);
    sampling.add(GREEDY, position + 1, false);
  }

  private void finish() {
    runner.forward(batch);
    runner.sample(sampling, samples);
  }

  private int token() {
    return random.nextInt(runner.config().vocabularySize());
  }

  private int[] table(int sequence) {
    int[] table = new int[blocksPerSequence];
    Arrays.setAll(table, i -> sequence * blocksPerSequence + i);
    return table;
  }

  @Override
  public void close() {
    runner.close();
    team.close();
  }
}
