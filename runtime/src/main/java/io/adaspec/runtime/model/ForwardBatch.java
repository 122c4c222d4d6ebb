package io.adaspec.runtime.model;

import java.util.Arrays;

/**
 * The input of one forward pass: rows of tokens flattened over sequences. Reused from pass to pass;
 * grows as needed.
 *
 * <p>Row r of sequence s computes the token {@code tokenIds[r]} at {@code positions[r]}: writes its
 * keys and values into the KV block {@code blockTable(s)[position / blockTokens]} and attends to
 * all positions of its sequence up to its own. Rows of a sequence have consecutive positions, each
 * row's parent being the row before it. Arrays are exposed without copying and are valid up to
 * {@link #rows}, {@link #sequences} and {@link #logitRowCount}; they belong to this object. Not
 * thread-safe.
 */
public final class ForwardBatch {
  private int rows;
  private int sequences;
  private int logitRowCount;
  private int[] tokenIds = new int[64];
  private int[] positions = new int[64];
  private int[] logitRows = new int[64];
  private int[] rowOffsets = new int[17];
  private int[][] blockTables = new int[16][];

  /** Empties the batch, keeping its memory. */
  public void clear() {
    Arrays.fill(blockTables, 0, sequences, EMPTY);
    rows = 0;
    sequences = 0;
    logitRowCount = 0;
    rowOffsets[0] = 0;
  }

  private static final int[] EMPTY = new int[0];

  /**
   * Opens a sequence; the rows added next belong to it.
   *
   * @param blockTable KV block of each {@code blockTokens} positions; not copied and not changed
   *     while the batch lives
   * @return the index of the sequence
   */
  public int addSequence(int[] blockTable) {
    if (sequences == blockTables.length) {
      blockTables = Arrays.copyOf(blockTables, sequences * 2);
      rowOffsets = Arrays.copyOf(rowOffsets, sequences * 2 + 1);
    }
    blockTables[sequences] = blockTable;
    sequences++;
    rowOffsets[sequences] = rows;
    return sequences - 1;
  }

  /**
   * Adds a row to the sequence opened last.
   *
   * @param needsLogits whether the logits after this token are wanted
   * @return its index among the logit rows, or −1 when it has none
   */
  public int addRow(int tokenId, int position, boolean needsLogits) {
    if (rows == tokenIds.length) {
      tokenIds = Arrays.copyOf(tokenIds, rows * 2);
      positions = Arrays.copyOf(positions, rows * 2);
      logitRows = Arrays.copyOf(logitRows, rows * 2);
    }
    tokenIds[rows] = tokenId;
    positions[rows] = position;
    int logitRow = -1;
    if (needsLogits) {
      logitRow = logitRowCount;
      logitRows[logitRowCount++] = rows;
    }
    rows++;
    rowOffsets[sequences] = rows;
    return logitRow;
  }

  public int rows() {
    return rows;
  }

  public int sequences() {
    return sequences;
  }

  /** Number of rows that need logits. */
  public int logitRowCount() {
    return logitRowCount;
  }

  /** [rows] token of each row. */
  public int[] tokenIds() {
    return tokenIds;
  }

  /** [rows] position of each row in its sequence. */
  public int[] positions() {
    return positions;
  }

  /** [logitRowCount] the rows that need logits, ascending. */
  public int[] logitRows() {
    return logitRows;
  }

  /** [sequences + 1] first row of each sequence, and the end. */
  public int[] rowOffsets() {
    return rowOffsets;
  }

  /** KV blocks of a sequence, by position / blockTokens. */
  public int[] blockTable(int sequence) {
    return blockTables[sequence];
  }
}
