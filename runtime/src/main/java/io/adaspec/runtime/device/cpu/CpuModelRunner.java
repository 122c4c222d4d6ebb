package io.adaspec.runtime.device.cpu;

import static java.lang.Float.NaN;

import io.adaspec.runtime.kvcache.KvGeometry;
import io.adaspec.runtime.model.ForwardBatch;
import io.adaspec.runtime.model.ModelConfig;
import io.adaspec.runtime.model.ModelRunner;
import io.adaspec.runtime.model.ModelWeights;
import io.adaspec.runtime.model.RowSamples;
import io.adaspec.runtime.model.RowSampling;
import io.adaspec.runtime.model.Transformer;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.sampling.TokenSampler;
import io.adaspec.runtime.tensor.Kernels;
import io.adaspec.runtime.tensor.NativeMemory;
import io.adaspec.runtime.tensor.WorkerTeam;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Function;

/**
 * One model on the CPU. Owns its packed weights, and its KV memory unless that is the device's; the
 * team is shared with the device's other model.
 */
public final class CpuModelRunner implements ModelRunner {
  private final Arena arena = Arena.ofShared();
  private final KvGeometry geometry;
  private final int kvBlocks;
  private final int maxRows;
  private final WorkerTeam team;
  private final Transformer transformer;
  private final Kernels kernels;
  private final TokenSampler[] samplers;

  /** [workers][vocabulary] a row's probabilities. */
  private final float[][] probabilities;

  private final WorkerTeam.Job sampleRow = this::sampleRow;
  private RowSampling sampled = new RowSampling();
  private RowSamples samples = new RowSamples();
  private int logitRows;

  /**
   * Repacks the model and allocates {@code kvBlocks} KV blocks.
   *
   * @param maxRows most rows of one pass
   */
  public CpuModelRunner(
      ModelWeights model,
      KvGeometry geometry,
      int kvBlocks,
      int maxRows,
      Kernels kernels,
      WorkerTeam team) {
    this(
        model,
        geometry,
        arena ->
            NativeMemory.reserve(Math.multiplyExact(geometry.bytesPerBlock(), kvBlocks), arena),
        maxRows,
        kernels,
        team);
  }

  /**
   * Repacks the model.
   *
   * @param kvMemory of its KV blocks, one after the other, given the arena of this runner
   * @param maxRows most rows of one pass
   */
  CpuModelRunner(
      ModelWeights model,
      KvGeometry geometry,
      Function<Arena, MemorySegment> kvMemory,
      int maxRows,
      Kernels kernels,
      WorkerTeam team) {
    this.geometry = geometry;
    this.maxRows = maxRows;
    this.team = team;
    this.kernels = kernels;
    boolean complete = false;
    try {
      MemorySegment memory = kvMemory.apply(arena);
      this.kvBlocks = Math.toIntExact(memory.byteSize() / geometry.bytesPerBlock());
      this.transformer = new Transformer(model, geometry, memory, kernels, team, arena);
      this.samplers = new TokenSampler[team.size()];
      for (int i = 0; i < samplers.length; i++) {
        samplers[i] = new TokenSampler(model.config().vocabularySize());
      }
      this.probabilities = new float[team.size()][model.config().vocabularySize()];
      complete = true;
    } finally {
      if (!complete) {
        arena.close();
      }
    }
  }

  @Override
  public ModelConfig config() {
    return transformer.config();
  }

  @Override
  public KvGeometry kvGeometry() {
    return geometry;
  }

  @Override
  public int kvBlocks() {
    return kvBlocks;
  }

  @Override
  public int maxRows() {
    return maxRows;
  }

  @Override
  public void forward(ForwardBatch batch) {
    if (batch.rows() > maxRows) {
      throw new IllegalArgumentException(
          "a pass has at most " + maxRows + " rows, not " + batch.rows());
    }
    transformer.forward(batch);
    logitRows = batch.logitRowCount();
  }

  @Override
  public void sample(RowSampling sampling, RowSamples out) {
    if (sampling.rows() != logitRows) {
      throw new IllegalArgumentException(
          "the last pass left "
              + logitRows
              + " logit rows, sampling is given for "
              + sampling.rows());
    }
    out.ensure(logitRows);
    sampled = sampling;
    samples = out;
    team.run(logitRows, sampleRow);
  }

  private void sampleRow(int worker, int row) {
    TokenSampler sampler = samplers[worker];
    int at = row * transformer.logits().stride();
    SamplingParams params = sampled.params(row);
    sampled.penalise(row, transformer.logits().data(), at);
    int token =
        sampler.sample(transformer.logits().data(), at, params, sampled.position(row), false);
    samples.tokenIds()[row] = token;
    samples.margins()[row] = sampler.margin();
    samples.confidences()[row] =
        sampled.needsConfidence(row) ? confidence(probabilities[worker], at, params, token) : NaN;
  }

  /** The sampler's confidence by the kernels' softmax, several times as fast. */
  private float confidence(float[] row, int at, SamplingParams params, int token) {
    System.arraycopy(transformer.logits().data(), at, row, 0, row.length);
    if (!params.isGreedy()) {
      double inverseTemperature = 1.0 / params.temperature();
      float max = row[0];
      for (float logit : row) {
        max = Math.max(max, logit);
      }
      for (int i = 0; i < row.length; i++) {
        row[i] = (float) (((double) row[i] - max) * inverseTemperature);
      }
    }
    kernels.softmax(row, 0, row.length);
    return row[token];
  }

  @Override
  public void distribution(int logitRow, SamplingParams params, float[] out) {
    samplers[0].distribution(transformer.logits().data(), offset(logitRow), params, out);
  }

  @Override
  public void logits(int logitRow, float[] out) {
    System.arraycopy(
        transformer.logits().data(), offset(logitRow), out, 0, config().vocabularySize());
  }

  private int offset(int logitRow) {
    if (logitRow < 0 || logitRow >= logitRows) {
      throw new IndexOutOfBoundsException("logit row " + logitRow + " of " + logitRows);
    }
    return logitRow * transformer.logits().stride();
  }

  /** Frees weights and KV memory; the team stays. */
  @Override
  public void close() {
    arena.close();
  }
}
