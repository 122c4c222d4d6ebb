package io.adaspec.runtime.step;

import io.adaspec.runtime.request.SamplingParams;
import io.adaspec.runtime.speculation.DrafterKind;

/**
 * One sequence's share of a step: compute {@code rows} known tokens from {@code computed} on, and
 * when that reaches the end of the known tokens, sample; before that, draft up to {@code draftCap}
 * tokens and verify them in the same target pass.
 *
 * <p>Prefill, chunked prefill, decode, verify and recompute after preemption are all this one
 * shape.
 *
 * @param sequence number of the sequence within its scheduler
 * @param tokens known tokens: prompt and output so far
 * @param computed tokens whose target KV is in the block table already
 * @param rows known tokens to compute now, at least 1
 * @param blockTable target KV blocks, enough for {@code computed + rows + draftCap} tokens; never
 *     changed
 * @param sampling how its tokens are chosen
 * @param drafter where drafts come from
 * @param draftCap most tokens to draft; 0 unless this step reaches the end of the known tokens
 * @param draftStart the first token that the draft model reads: position 0 of its KV
 * @param draftComputed tokens, those before {@code draftStart} counted, whose draft KV is in the
 *     draft block table already; at least {@code draftStart}
 * @param draftBlockTable draft KV blocks, enough for {@code tokens.size() - draftStart + draftCap}
 *     tokens when the drafter is a model; else empty
 */
public record SequenceWork(
    long sequence,
    TokenHistory tokens,
    int computed,
    int rows,
    int[] blockTable,
    SamplingParams sampling,
    DrafterKind drafter,
    int draftCap,
    int draftStart,
    int draftComputed,
    int[] draftBlockTable) {
  /** Work whose draft model, if it has one, reads the whole text. */
  public SequenceWork(
      long sequence,
      TokenHistory tokens,
      int computed,
      int rows,
      int[] blockTable,
      SamplingParams sampling,
      DrafterKind drafter,
      int draftCap,
      int draftComputed,
      int[] draftBlockTable) {
    this(
        sequence,
        tokens,
        computed,
        rows,
        blockTable,
        sampling,
        drafter,
        draftCap,
        0,
        draftComputed,
        draftBlockTable);
  }

  public SequenceWork {
    if (rows < 1 || computed < 0 || computed + rows > tokens.size()) {
      throw new IllegalArgumentException(
          "sequence "
              + sequence
              + ": rows "
              + rows
              + " from "
              + computed
              + " do not fit "
              + tokens.size()
              + " known tokens");
    }
    if (draftStart < 0 || draftStart > draftComputed || draftStart >= tokens.size()) {
      throw new IllegalArgumentException(
          "sequence "
              + sequence
              + ": draft KV of tokens "
              + draftStart
              + " to "
              + draftComputed
              + " does not fit "
              + tokens.size()
              + " known tokens");
    }
    if (draftCap < 0
        || (draftCap > 0 && (drafter == DrafterKind.NONE || computed + rows != tokens.size()))) {
      throw new IllegalArgumentException(
          "sequence "
              + sequence
              + ": a draft cap of "
              + draftCap
              + " needs a drafter and all known tokens computed");
    }
  }

  /** Where the draft model has the token at {@code index} of the text. */
  public int draftPosition(int index) {
    return index - draftStart;
  }

  /** Whether this step yields at least one token of the sequence. */
  public boolean samples() {
    return computed + rows == tokens.size();
  }
}
