package io.adaspec.runtime.model;

import java.util.Arrays;

/** Draft tokens to verify by rejection sampling, each with its draws. Reused. Not thread-safe. */
public final class RejectionRows {
  private int rows;
  private int[] logitRows = new int[64];
  private int[] tokens = new int[64];
  private int[] proposals = new int[64];
  private double[] acceptDraws = new double[64];
  private double[] recoverDraws = new double[64];

  public void clear() {
    rows = 0;
  }

  /**
   * Adds a draft token.
   *
   * @param logitRow of the target's pass, at the position before the token
   * @param proposal what it was drawn from, {@link DeviceRejection#CERTAIN} or by number
   * @param acceptDraw in (0, 1), decides whether it is accepted
   * @param recoverDraw in (0, 1), draws the token in its place
   */
  public void add(int logitRow, int token, int proposal, double acceptDraw, double recoverDraw) {
    if (rows == tokens.length) {
      logitRows = Arrays.copyOf(logitRows, rows * 2);
      tokens = Arrays.copyOf(tokens, rows * 2);
      proposals = Arrays.copyOf(proposals, rows * 2);
      acceptDraws = Arrays.copyOf(acceptDraws, rows * 2);
      recoverDraws = Arrays.copyOf(recoverDraws, rows * 2);
    }
    logitRows[rows] = logitRow;
    tokens[rows] = token;
    proposals[rows] = proposal;
    acceptDraws[rows] = acceptDraw;
    recoverDraws[rows] = recoverDraw;
    rows++;
  }

  public int rows() {
    return rows;
  }

  public int logitRow(int row) {
    return logitRows[row];
  }

  public int token(int row) {
    return tokens[row];
  }

  public int proposal(int row) {
    return proposals[row];
  }

  public double acceptDraw(int row) {
    return acceptDraws[row];
  }

  public double recoverDraw(int row) {
    return recoverDraws[row];
  }
}
