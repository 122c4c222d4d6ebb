package io.adaspec.runtime.speculation;

import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import java.util.ArrayList;
import java.util.List;

/** What a strategy may know of the sequences of one step, in the step's order. Immutable. */
public final class BatchView {
  /**
   * One sequence of the step.
   *
   * @param sequence the sequence's number
   * @param contextTokens tokens before this step's first row
   * @param rows known tokens computed in this step: 1 when decoding, more for a prefill chunk
   * @param samples whether the last row yields a token; false for a prefill chunk that does not end
   *     its prompt
   * @param draftLimit the longest draft it may have: request wish, remaining output, context, KV
   *     room; 0 when it must not
   * @param draftLag known tokens that the draft model has yet to compute before it can draft
   * @param draftStart the first token of the text that the draft model reads
   * @param emittedTokens output tokens so far
   * @param serviceClass priority class
   * @param slo latency targets
   * @param decodeElapsedNanos time since its first token, pauses left out
   * @param remainingTokens output tokens until its length limit
   * @param missedTtft whether its first token came, or will come, after its TTFT target
   * @param acceptanceRate recent share of the draft tokens that verification reached which it
   *     accepted: the conditional probability that the next one is kept, given those before it; NaN
   *     before the first verification
   * @param drafter the most that its class may use, see {@link ClassPolicy#drafter}
   * @param paying the drafters that are worth using by what they have earned for it
   */
  public record Entry(
      long sequence,
      int contextTokens,
      int rows,
      boolean samples,
      int draftLimit,
      int draftLag,
      int draftStart,
      int emittedTokens,
      ServiceClass serviceClass,
      SloTarget slo,
      long decodeElapsedNanos,
      int remainingTokens,
      boolean missedTtft,
      double acceptanceRate,
      DrafterKind drafter,
      PayingDrafters paying) {
    /**
     * A sequence that has met its TTFT target, has no length limit in sight, and whose draft model
     * reads all of its text.
     */
    public Entry(
        long sequence,
        int contextTokens,
        int rows,
        boolean samples,
        int draftLimit,
        int draftLag,
        int emittedTokens,
        ServiceClass serviceClass,
        SloTarget slo,
        long decodeElapsedNanos,
        double acceptanceRate) {
      this(
          sequence,
          contextTokens,
          rows,
          samples,
          draftLimit,
          draftLag,
          0,
          emittedTokens,
          serviceClass,
          slo,
          decodeElapsedNanos,
          Integer.MAX_VALUE,
          false,
          acceptanceRate,
          DrafterKind.MODEL,
          PayingDrafters.ALL);
    }

    public Entry {
      if (rows < 0 || contextTokens < 0 || draftLimit < 0 || draftLag < 0 || draftStart < 0) {
        throw new IllegalArgumentException(
            "sequence "
                + sequence
                + ": rows "
                + rows
                + ", context "
                + contextTokens
                + ", draft limit "
                + draftLimit
                + ", draft lag "
                + draftLag
                + ", draft start "
                + draftStart
                + " must not be negative");
      }
    }

    /** The same whose draft model reads the last {@code tokens} known ones alone. */
    Entry reading(int tokens) {
      return new Entry(
          sequence,
          contextTokens,
          rows,
          samples,
          draftLimit,
          tokens,
          contextTokens + rows - tokens,
          emittedTokens,
          serviceClass,
          slo,
          decodeElapsedNanos,
          remainingTokens,
          missedTtft,
          acceptanceRate,
          drafter,
          paying);
    }

    /** What the draft model has read, or is yet to read, before it drafts. */
    int draftContextTokens() {
      return contextTokens + rows - draftStart;
    }

    /** Whether the draft model may draft for it, and is worth it. */
    boolean draftsWithModel() {
      return samples && draftLimit > 0 && drafter == DrafterKind.MODEL && paying.model();
    }

    /** Whether its text may be looked up, and that is worth it. */
    boolean looksUp() {
      return samples && draftLimit > 0 && drafter != DrafterKind.NONE && paying.lookup();
    }
  }

  private static final int TILE_ROWS = 16;

  private final List<Entry> entries;
  private final int totalRows;
  private final long totalContextReads;

  public BatchView(List<Entry> entries) {
    this.entries = List.copyOf(new ArrayList<>(entries));
    int rows = 0;
    long reads = 0;
    for (Entry entry : this.entries) {
      rows += entry.rows();
      reads += contextReads(entry.contextTokens(), entry.rows());
    }
    this.totalRows = rows;
    this.totalContextReads = reads;
  }

  public int size() {
    return entries.size();
  }

  public Entry get(int index) {
    return entries.get(index);
  }

  public List<Entry> entries() {
    return entries;
  }

  /** Rows of the step without any draft token. */
  public int totalRows() {
    return totalRows;
  }

  /** Key/value positions read by those rows. */
  public long totalContextReads() {
    return totalContextReads;
  }

  /**
   * Key/value positions that {@code rows} consecutive rows of one sequence read when the first has
   * {@code contextTokens} before it. Attention works on tiles of up to {@value #TILE_ROWS} rows
   * that share what they read, so each tile counts the positions of its last row once: verifying a
   * few draft tokens reads hardly more than decoding.
   */
  public static long contextReads(int contextTokens, int rows) {
    long tiles = rows / TILE_ROWS;
    long whole = tiles * contextTokens + TILE_ROWS * tiles * (tiles + 1) / 2;
    return rows % TILE_ROWS == 0 ? whole : whole + contextTokens + rows;
  }
}
