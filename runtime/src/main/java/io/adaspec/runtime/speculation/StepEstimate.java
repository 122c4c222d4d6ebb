package io.adaspec.runtime.speculation;

/**
 * Predicted duration of a step and of its parts, for one batch under one cost model.
 *
 * <p>{@code T = overhead(B) + Σ_j draftPass(rows_j, reads_j) + targetPass(R + n, C + c_n)} with R
 * rows and C key/value reads of the batch without drafts, n verified draft tokens and c_n their
 * reads. Times are in nanoseconds.
 */
final class StepEstimate {
  private static final int PROMPT_READ = 256;

  private final BatchView batch;
  private final CostModel cost;
  private final int samplers;

  StepEstimate(BatchView batch, CostModel cost) {
    this.batch = batch;
    this.cost = cost;
    int count = 0;
    for (BatchView.Entry entry : batch.entries()) {
      count += entry.samples() ? 1 : 0;
    }
    this.samplers = count;
  }

  BatchView batch() {
    return batch;
  }

  /** Tokens that the step emits without any draft: one for each entry that samples. */
  int samplers() {
    return samplers;
  }

  /** Whether an entry could draft. */
  static boolean canDraft(BatchView.Entry entry) {
    return entry.samples() && entry.draftLimit() > 0;
  }

  /** Overhead and target pass, {@code draftRows} draft tokens included. */
  double withoutDraftingNanos(int draftRows, long draftReads) {
    return cost.overheadNanos(batch.size())
        + cost.targetPassNanos(
            batch.totalRows() + draftRows, batch.totalContextReads() + draftReads)
        - cost.prefillSavingNanos(batch.totalRows() - samplers);
  }

  /** The same with more prefill rows, whose prompts have been read to {@value #PROMPT_READ}. */
  double withPrefillNanos(int draftRows, long draftReads, int prefillRows) {
    long reads = prefillRows == 0 ? 0 : BatchView.contextReads(PROMPT_READ, prefillRows);
    return withoutDraftingNanos(draftRows + prefillRows, draftReads + reads)
        - cost.prefillSavingNanos(prefillRows);
  }

  /** Positions that plain decoding of so many sequences like these reads. */
  long likeReads(int sequences) {
    long reads = 0;
    for (BatchView.Entry entry : batch.entries()) {
      reads += entry.contextTokens() + 1L;
    }
    return reads * sequences / Math.max(1, batch.size());
  }

  /** Overhead and target pass of so many decoding sequences like these. */
  double likeNanos(int sequences, int draftRows, long draftReads) {
    return cost.overheadNanos(sequences)
        + cost.targetPassNanos(sequences + draftRows, likeReads(sequences) + draftReads);
  }

  /** What a sequence like this takes for a token when it has the device for itself. */
  double aloneNanos(BatchView.Entry entry) {
    return cost.overheadNanos(1) + cost.targetPassNanos(1, entry.contextTokens() + 1L);
  }

  /** What the step's prefill rows add to it; no reason to draft more or less. */
  double prefillShareNanos() {
    return cost.prefillShareNanos(
        batch.totalRows(), batch.totalContextReads(), batch.totalRows() - samplers);
  }

  /** The step as plain decoding. */
  double plainNanos() {
    return withoutDraftingNanos(0, 0);
  }

  /** Key/value positions that verifying the draft token at {@code position} (from 0) adds. */
  static long draftTokenReads(BatchView.Entry entry, int position) {
    int before = entry.rows() + position;
    return BatchView.contextReads(entry.contextTokens(), before + 1)
        - BatchView.contextReads(entry.contextTokens(), before);
  }

  /** Positions that the draft pass for the token at {@code position} of an entry reads. */
  long draftPassReads(int entry, int position) {
    return (long) batch.get(entry).draftContextTokens() + position;
  }

  /** One draft pass. */
  double draftPassNanos(int rows, long reads) {
    return cost.draftPassNanos(rows, reads);
  }

  /** What the first draft pass of one entry alone takes longer because its draft KV lags. */
  double catchUpNanos(int entry) {
    int[] lengths = new int[batch.size()];
    lengths[entry] = 1;
    return draftingNanos(lengths) - draftingWithoutCatchUpNanos(lengths);
  }

  /** All passes for drafts of {@code lengths} tokens by the draft model, catch-up included. */
  double draftingNanos(int[] lengths) {
    return draftingNanos(lengths, 1);
  }

  /**
   * The same with the time of catch-up divided by {@code shares}: an investment that pays for as
   * many steps.
   */
  double draftingNanos(int[] lengths, int shares) {
    double whole = passesNanos(lengths, true);
    if (shares == 1) {
      return whole;
    }
    double withoutCatchUp = passesNanos(lengths, false);
    return withoutCatchUp + (whole - withoutCatchUp) / shares;
  }

  /** The same for sequences whose draft KV is as far as their target's. */
  double draftingWithoutCatchUpNanos(int[] lengths) {
    return passesNanos(lengths, false);
  }

  private double passesNanos(int[] lengths, boolean catchUp) {
    double nanos = 0;
    int longest = 0;
    for (int length : lengths) {
      longest = Math.max(longest, length);
    }
    for (int pass = 0; pass < longest; pass++) {
      int rows = 0;
      long reads = 0;
      for (int i = 0; i < lengths.length; i++) {
        if (lengths[i] > pass) {
          BatchView.Entry entry = batch.get(i);
          int lag = pass == 0 && catchUp ? Math.max(1, entry.draftLag()) : 1;
          int known = entry.draftContextTokens() + pass;
          rows += lag;
          reads += BatchView.contextReads(Math.max(0, known - lag), lag);
        }
      }
      nanos += cost.draftPassNanos(rows, reads);
    }
    return nanos;
  }

  /** The passes that made the drafts of a table; n-gram drafts took none. */
  double draftedNanos(SurvivalTable survival) {
    int[] lengths = survival.draftedCounts();
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = survival.isFreeOfPasses(i) ? 0 : lengths[i];
    }
    return draftingNanos(lengths);
  }
}
