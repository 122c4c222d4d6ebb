package io.adaspec.gpu;

import io.adaspec.runtime.model.ForwardBatch;
import io.adaspec.runtime.model.ModelConfig;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Where the integers of a pass lie in the one buffer that is copied to the GPU before it: counts,
 * then arrays of fixed capacity, then the block tables, of which only the used part is copied.
 *
 * <p>Positions are in elements of 4 bytes. Attention tasks are tiles of up to {@value
 * #TILE_QUERIES} queries of one sequence, a query being a row and one of the heads that share a KV
 * head; of each the kernels get first row of the sequence, first query, rows of the sequence, and
 * start of its block table. Tables hold block numbers as a {@link PagedKvStore} counts them for
 * kernels.
 */
final class PassLayout {
  /** Queries of one attention task; the kernels' TILE_QUERIES. */
  static final int TILE_QUERIES = 8;

  private static final int TASK_FIELDS = 4;

  /** Indices of the counts; of those of a stretch of prefill only its products know. */
  static final int ALL_ROWS = 0;

  static final int LOGIT_ROWS = 1;
  private static final int TASKS = 2;
  static final int ROWS_BEFORE = 3;
  static final int ROWS_INSIDE = 4;
  static final int ROWS_AFTER = 5;
  private static final int COUNTS = 6;

  private final int group;
  private final int maxRows;
  private final int maxTableBlocks;
  private final int blockTokens;
  private final int unitsPerBlock;
  private int lastPosition;

  /**
   * @param kv whose blocks the tables name
   * @param maxRows most rows of a pass
   */
  PassLayout(ModelConfig config, PagedKvStore kv, int maxRows) {
    this.group = config.heads() / config.kvHeads();
    this.maxRows = maxRows;
    this.blockTokens = kv.geometry().blockTokens();
    this.unitsPerBlock = kv.unitsPerBlock();
    this.maxTableBlocks =
        Math.multiplyExact(maxRows, Math.ceilDiv(config.contextTokens(), blockTokens));
  }

  int tokens() {
    return COUNTS;
  }

  int positions() {
    return tokens() + maxRows;
  }

  /** Per row, where the block table of its sequence starts among the tables. */
  int rowTables() {
    return positions() + maxRows;
  }

  int logitRows() {
    return rowTables() + maxRows;
  }

  /** Per logit row, how many tokens a draft loop is still to sample for it. */
  int draftsLeft() {
    return logitRows() + maxRows;
  }

  int tasks() {
    return draftsLeft() + maxRows;
  }

  int tables() {
    return tasks() + maxTasks(maxRows) * TASK_FIELDS;
  }

  /** Most tasks of a pass of that many rows. */
  int maxTasks(int rows) {
    return rows * tilesPerRow();
  }

  /** Tasks of a sequence with a single row. */
  int tilesPerRow() {
    return Math.ceilDiv(group, TILE_QUERIES);
  }

  /** Bytes of the whole buffer. */
  long bytes() {
    return 4L * tables() + 4L * maxTableBlocks;
  }

  /** The largest position of the batch written last. */
  int lastPosition() {
    return lastPosition;
  }

  /**
   * Lays a batch out.
   *
   * @return bytes used from the beginning on
   */
  long write(ForwardBatch batch, MemorySegment to) {
    return write(batch, 1, to);
  }

  /** Adds the counts of a stretch of prefill to the batch written last. */
  static void write(PrefillStretch stretch, MemorySegment to) {
    put(to, ROWS_BEFORE, stretch.first());
    put(to, ROWS_INSIDE, stretch.length());
    put(to, ROWS_AFTER, stretch.after());
  }

  /**
   * Lays out the first pass of a draft loop.
   *
   * @param drafts [logit rows] tokens to sample for each
   * @return bytes used from the beginning on
   */
  long write(ForwardBatch batch, int[] drafts, MemorySegment to) {
    int most = 1;
    for (int row = 0; row < batch.logitRowCount(); row++) {
      most = Math.max(most, drafts[row]);
    }
    copy(drafts, batch.logitRowCount(), to, draftsLeft());
    return write(batch, most, to);
  }

  /**
   * @param ahead positions from the last one of a sequence on, whose blocks are laid out too where
   *     its table has them
   */
  private long write(ForwardBatch batch, int ahead, MemorySegment to) {
    int rows = batch.rows();
    copy(batch.tokenIds(), rows, to, tokens());
    copy(batch.positions(), rows, to, positions());
    copy(batch.logitRows(), batch.logitRowCount(), to, logitRows());
    lastPosition = 0;
    int tasks = 0;
    int table = 0;
    for (int sequence = 0; sequence < batch.sequences(); sequence++) {
      int first = batch.rowOffsets()[sequence];
      int count = batch.rowOffsets()[sequence + 1] - first;
      if (count == 0) {
        continue;
      }
      for (int row = first; row < first + count; row++) {
        put(to, rowTables() + row, table);
      }
      for (int query = 0; query < count * group; query += TILE_QUERIES) {
        int at = tasks() + TASK_FIELDS * tasks++;
        put(to, at, first);
        put(to, at + 1, query);
        put(to, at + 2, count);
        put(to, at + 3, table);
      }
      int last = batch.positions()[first + count - 1];
      lastPosition = Math.max(lastPosition, last);
      int blocks =
          Math.min((last + ahead - 1) / blockTokens + 1, batch.blockTable(sequence).length);
      putTable(batch.blockTable(sequence), blocks, to, tables() + table);
      table += blocks;
    }
    put(to, ALL_ROWS, rows);
    put(to, LOGIT_ROWS, batch.logitRowCount());
    put(to, TASKS, tasks);
    return 4L * (tables() + table);
  }

  private void putTable(int[] blocks, int count, MemorySegment to, int index) {
    for (int i = 0; i < count; i++) {
      put(to, index + i, blocks[i] * unitsPerBlock);
    }
  }

  private static void put(MemorySegment to, int index, int value) {
    to.setAtIndex(ValueLayout.JAVA_INT, index, value);
  }

  private static void copy(int[] from, int count, MemorySegment to, int index) {
    MemorySegment.copy(from, 0, to, ValueLayout.JAVA_INT, 4L * index, count);
  }
}
