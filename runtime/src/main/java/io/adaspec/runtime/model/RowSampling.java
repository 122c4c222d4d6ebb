package io.adaspec.runtime.model;

import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.sampling.PenalisedTokens;
import java.util.Arrays;

/**
 * How each logit row of a pass is sampled: parameters, the position of the token to be chosen,
 * which keys its noise, and penalties by the text before it. Reused. Not thread-safe.
 */
public final class RowSampling {
  private int rows;
  private SamplingParams[] params = new SamplingParams[64];
  private int[] positions = new int[64];
  private boolean[] confidences = new boolean[64];

  /** [rows, unless no row has penalties]. */
  private PenalisedTokens[] penalised = new PenalisedTokens[0];

  private int[] draftsBefore = new int[0];
  private int penalisedRows;

  public void clear() {
    rows = 0;
    penalisedRows = 0;
  }

  /** Adds the next logit row, confidence wanted. */
  public void add(SamplingParams sampling, int position) {
    add(sampling, position, true);
  }

  /**
   * Adds the next logit row.
   *
   * @param position of the token being chosen
   * @param needsConfidence whether the confidence will be read; a row without it is cheaper and
   *     leaves NaN
   */
  public void add(SamplingParams sampling, int position, boolean needsConfidence) {
    if (rows == positions.length) {
      params = Arrays.copyOf(params, rows * 2);
      positions = Arrays.copyOf(positions, rows * 2);
      confidences = Arrays.copyOf(confidences, rows * 2);
    }
    params[rows] = sampling;
    positions[rows] = position;
    confidences[rows] = needsConfidence;
    rows++;
  }

  public int rows() {
    return rows;
  }

  public SamplingParams params(int row) {
    return params[row];
  }

  public int position(int row) {
    return positions[row];
  }

  public boolean needsConfidence(int row) {
    return confidences[row];
  }

  /**
   * Gives the row added last penalties.
   *
   * @param tokens of the text that the row continues; not copied
   * @param drafts leading draft tokens of these that belong to the text before it
   */
  public void penalise(PenalisedTokens tokens, int drafts) {
    if (penalised.length < rows) {
      penalised = Arrays.copyOf(penalised, positions.length);
      draftsBefore = Arrays.copyOf(draftsBefore, positions.length);
    }
    Arrays.fill(penalised, penalisedRows, rows - 1, PenalisedTokens.NONE);
    penalised[rows - 1] = tokens;
    draftsBefore[rows - 1] = drafts;
    penalisedRows = rows;
  }

  /** Whether a row has penalties. */
  public boolean hasPenalties() {
    return penalisedRows > 0;
  }

  /** What a row's penalties are about; {@link PenalisedTokens#NONE} without. */
  public PenalisedTokens penalised(int row) {
    return row < penalisedRows ? penalised[row] : PenalisedTokens.NONE;
  }

  /** Leading draft tokens before a row that has penalties. */
  public int draftsBefore(int row) {
    return draftsBefore[row];
  }

  /**
   * Changes a row's logits by its penalties.
   *
   * @param logits [offset + vocabulary, at least] the row from {@code offset} on
   */
  public void penalise(int row, float[] logits, int offset) {
    if (row < penalisedRows && penalised[row] != PenalisedTokens.NONE) {
      penalised[row].apply(logits, offset, draftsBefore[row]);
    }
  }
}
