package io.adaspec.runtime.model;

import io.adaspec.runtime.kvcache.KvGeometry;
import io.adaspec.runtime.tensor.Kernels;
import io.adaspec.runtime.tensor.Rows;
import io.adaspec.runtime.tensor.WorkerTeam;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Attention of a ragged batch over paged KV: every row attends to all positions of its sequence up
 * to its own.
 *
 * <p>A chunk of work is one KV head and up to {@value #TASK_ROWS} rows of one sequence. Queries
 * that read the same keys (rows, or query heads that share the KV head) go through the kernels four
 * at a time, so keys and values are loaded once for four. Scores of four queries are kept per
 * worker: memory is linear in the context. A shorter query of the four gets weight 0 for later
 * positions, which leaves its sums as they are.
 */
final class Attention implements WorkerTeam.Job {
  private static final int TASK_ROWS = 16;
  private static final int TILE = 4;

  private final ModelConfig config;
  private final KvGeometry geometry;
  private final Kernels kernels;
  private final KvStore kv;
  private final WorkerTeam team;
  private final float[][] scores;
  private final int[] counts;
  private int[] taskSequence = new int[16];
  private int[] taskRow = new int[16];
  private int tasks;
  private ForwardBatch batch = new ForwardBatch();
  private int layer;
  private Rows query = Rows.allocate(0, 1);
  private Rows out = Rows.allocate(0, 1);

  Attention(ModelConfig config, KvGeometry geometry, Kernels kernels, KvStore kv, WorkerTeam team) {
    this.config = config;
    this.geometry = geometry;
    this.kernels = kernels;
    this.kv = kv;
    this.team = team;
    this.scores = new float[team.size()][TILE * 256];
    this.counts = new int[team.size() * TILE];
  }

  /** Cuts a batch into tasks; once per pass. */
  void prepare(ForwardBatch next) {
    batch = next;
    tasks = 0;
    for (int sequence = 0; sequence < next.sequences(); sequence++) {
      int end = next.rowOffsets()[sequence + 1];
      for (int row = next.rowOffsets()[sequence]; row < end; row += TASK_ROWS) {
        if (tasks == taskRow.length) {
          taskRow = Arrays.copyOf(taskRow, tasks * 2);
          taskSequence = Arrays.copyOf(taskSequence, tasks * 2);
        }
        taskSequence[tasks] = sequence;
        taskRow[tasks++] = row;
      }
    }
  }

  /**
   * Attends in one layer.
   *
   * @param queries [rows, querySize] rotated queries, times 1 / sqrt(headSize)
   * @param target [rows, querySize] receives the weighted values
   */
  void run(int ofLayer, Rows queries, Rows target) {
    layer = ofLayer;
    query = queries;
    out = target;
    team.run(tasks * config.kvHeads(), this);
  }

  @Override
  public void run(int worker, int chunk) {
    int task = chunk / config.kvHeads();
    int kvHead = chunk % config.kvHeads();
    int first = taskRow[task];
    int end = Math.min(first + TASK_ROWS, batch.rowOffsets()[taskSequence[task] + 1]);
    int[] table = batch.blockTable(taskSequence[task]);
    int group = config.heads() / config.kvHeads();
    if (group < TILE && end - first >= TILE) {
      for (int head = kvHead * group; head < (kvHead + 1) * group; head++) {
        for (int row = first; row < end; row += TILE) {
          attend(worker, table, kvHead, row, head, Math.min(TILE, end - row), true);
        }
      }
    } else {
      for (int row = first; row < end; row++) {
        for (int i = 0; i < group; i += TILE) {
          int head = kvHead * group + i;
          attend(worker, table, kvHead, row, head, Math.min(TILE, group - i), false);
        }
      }
    }
  }

  /** Up to four queries: rows of one head, or heads of one row. */
  private void attend(
      int worker, int[] table, int kvHead, int row, int head, int queries, boolean acrossRows) {
    MemorySegment memory = kv.memory();
    int headSize = config.headSize();
    int blockTokens = geometry.blockTokens();
    int most = 0;
    for (int q = 0; q < queries; q++) {
      int count = batch.positions()[acrossRows ? row + q : row] + 1;
      counts[worker * TILE + q] = count;
      most = Math.max(most, count);
    }
    int stride = geometry.blocksFor(most) * blockTokens;
    float[] mine = scores(worker, stride);
    Arrays.fill(mine, 0, queries * stride, 0);
    int queryAt = row * query.stride() + head * headSize;
    int queryStride = acrossRows ? query.stride() : headSize;
    for (int at = 0; at < most; at += blockTokens) {
      long keys = kv.keys(layer, table[at / blockTokens], kvHead);
      kernels.accumulate(
          query.data(),
          queryAt,
          queryStride,
          queries,
          memory,
          keys,
          blockTokens,
          headSize,
          mine,
          at,
          stride,
          blockTokens);
    }
    for (int q = 0; q < queries; q++) {
      int count = counts[worker * TILE + q];
      kernels.softmax(mine, q * stride, count);
      Arrays.fill(mine, q * stride + count, q * stride + most, 0);
    }
    int outAt = row * out.stride() + head * headSize;
    int outStride = acrossRows ? out.stride() : headSize;
    for (int q = 0; q < queries; q++) {
      Arrays.fill(out.data(), outAt + q * outStride, outAt + q * outStride + headSize, 0);
    }
    for (int at = 0; at < most; at += blockTokens) {
      long values = kv.values(layer, table[at / blockTokens], kvHead);
      kernels.accumulate(
          mine,
          at,
          stride,
          queries,
          memory,
          values,
          headSize,
          Math.min(blockTokens, most - at),
          out.data(),
          outAt,
          outStride,
          headSize);
    }
  }

  private float[] scores(int worker, int stride) {
    if (scores[worker].length < TILE * stride) {
      scores[worker] = new float[Math.max(TILE * stride, 2 * scores[worker].length)];
    }
    return scores[worker];
  }
}
