package io.adaspec.runtime.model;

import io.adaspec.runtime.kvcache.KvGeometry;
import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.sampling.TokenSampler;
import java.util.Arrays;

/**
 * A toy language model with real paged KV semantics: its "attention" folds the KV of every position
 * up to the row's into a hash, so that one stale, foreign or missing entry changes the logits, and
 * reading a position that was never written is an error.
 *
 * <p>Logits are a shared function of the last two tokens plus {@code noise} times a function of the
 * whole context and {@code salt}: two runners with different salts agree often, equal ones always.
 */
public final class HashModelRunner implements ModelRunner {
  private static final long UNWRITTEN = Long.MIN_VALUE;

  private final ModelConfig config;
  private final KvGeometry geometry;
  private final int maxRows;
  private final long salt;
  private final double noise;
  private final long[] kv;
  private final TokenSampler sampler;
  private float[] logits = new float[0];
  private int logitRows;
  private int forwards;

  public HashModelRunner(
      int vocabulary, int blockTokens, int blocks, int maxRows, long salt, double noise) {
    this.config =
        new ModelConfig(
            "hash",
            "hash-" + salt,
            vocabulary,
            1,
            2,
            2,
            1,
            1,
            2,
            1 << 20,
            1e-5f,
            10_000,
            2,
            new RopeScaling.None(),
            ModelConfig.RopePairing.HALVES,
            false,
            false,
            true);
    this.geometry = new KvGeometry(1, 1, 2, blockTokens, KvGeometry.ElementType.F32);
    this.maxRows = maxRows;
    this.salt = salt;
    this.noise = noise;
    this.kv = new long[blocks * blockTokens];
    this.sampler = new TokenSampler(vocabulary);
    Arrays.fill(kv, UNWRITTEN);
  }

  @Override
  public ModelConfig config() {
    return config;
  }

  @Override
  public KvGeometry kvGeometry() {
    return geometry;
  }

  @Override
  public int kvBlocks() {
    return kv.length / geometry.blockTokens();
  }

  @Override
  public int maxRows() {
    return maxRows;
  }

  /** Passes so far. */
  public int forwards() {
    return forwards;
  }

  @Override
  public void forward(ForwardBatch batch) {
    if (batch.rows() > maxRows) {
      throw new IllegalArgumentException(batch.rows() + " rows exceed " + maxRows);
    }
    forwards++;
    logitRows = batch.logitRowCount();
    if (logits.length < logitRows * config.vocabularySize()) {
      logits = new float[logitRows * config.vocabularySize() * 2];
    }
    int next = 0;
    for (int sequence = 0; sequence < batch.sequences(); sequence++) {
      int[] table = batch.blockTable(sequence);
      for (int row = batch.rowOffsets()[sequence]; row < batch.rowOffsets()[sequence + 1]; row++) {
        int position = batch.positions()[row];
        kv[slot(table, position)] = mix(batch.tokenIds()[row] * 31L + 7, position) >>> 1;
        if (next < logitRows && batch.logitRows()[next] == row) {
          attend(table, position, next++ * config.vocabularySize());
        }
      }
    }
  }

  private void attend(int[] table, int position, int offset) {
    long context = salt;
    for (int p = 0; p <= position; p++) {
      long entry = kv[slot(table, p)];
      if (entry == UNWRITTEN) {
        throw new IllegalStateException("KV of position " + p + " was never written");
      }
      context = mix(context, entry);
    }
    long near = mix(undo(table, position), position == 0 ? 1 : undo(table, position - 1));
    for (int token = 0; token < config.vocabularySize(); token++) {
      double shared = normal(mix(near, token));
      double own = normal(mix(context, token));
      logits[offset + token] = (float) (2 * shared + noise * own);
    }
  }

  /** The token hash of a position without the position. */
  private long undo(int[] table, int position) {
    long entry = kv[slot(table, position)];
    for (int token = 0; token < config.vocabularySize(); token++) {
      if (mix(token * 31L + 7, position) >>> 1 == entry) {
        return token;
      }
    }
    throw new IllegalStateException("KV of position " + position + " belongs to another position");
  }

  private int slot(int[] table, int position) {
    return table[position / geometry.blockTokens()] * geometry.blockTokens()
        + position % geometry.blockTokens();
  }

  private static double normal(long bits) {
    double sum = 0;
    for (int i = 0; i < 4; i++) {
      sum += ((bits >>> (16 * i)) & 0xFFFF) / 65536.0 - 0.5;
    }
    return sum * Math.sqrt(3);
  }

  private static long mix(long a, long b) {
    long z = a * 0x9E3779B97F4A7C15L + b * 0xC2B2AE3D27D4EB4FL + 0x165667B19E3779F9L;
    z = (z ^ (z >>> 32)) * 0xD6E8FEB86659FD93L;
    z = (z ^ (z >>> 32)) * 0xD6E8FEB86659FD93L;
    return z ^ (z >>> 32);
  }

  @Override
  public void sample(RowSampling sampling, RowSamples out) {
    out.ensure(sampling.rows());
    for (int row = 0; row < sampling.rows(); row++) {
      sampling.penalise(row, logits, row * config.vocabularySize());
      out.tokenIds()[row] =
          sampler.sample(
              logits,
              row * config.vocabularySize(),
              sampling.params(row),
              sampling.position(row),
              sampling.needsConfidence(row));
      out.confidences()[row] = sampler.confidence();
      out.margins()[row] = sampler.margin();
    }
  }

  @Override
  public void distribution(int logitRow, SamplingParams params, float[] out) {
    sampler.distribution(logits, logitRow * config.vocabularySize(), params, out);
  }

  @Override
  public void logits(int logitRow, float[] out) {
    System.arraycopy(logits, logitRow * config.vocabularySize(), out, 0, config.vocabularySize());
  }

  @Override
  public void close() {}
}
