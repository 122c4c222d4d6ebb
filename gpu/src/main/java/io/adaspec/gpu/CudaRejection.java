package io.adaspec.gpu;

import static io.adaspec.gpu.CudaCheck.check;

import io.adaspec.runtime.model.DeviceRejection;
import io.adaspec.runtime.model.RejectionRows;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jcuda.driver.JCudaDriver;

/**
 * Rejection verification on the GPU: one copy of draws, one kernel, one copy of tokens back and one
 * wait a step.
 *
 * <p>Proposals are kept at the end of the draft model's logits, which have room for as many rows as
 * a pass: a draft pass has one for each sequence, and what a step drafts fits its target pass.
 */
final class CudaRejection implements DeviceRejection {
  private static final int DRAFT_ROW_BYTES = 32;

  private final CudaContext context;
  private final DeviceSampler target;
  private final DeviceSampler draft;
  private final DeviceBuffer proposals;
  private final int proposalBytes;
  private final int maxRows;
  private final DeviceBuffer drafts;
  private final long recovered;
  private final PinnedBuffer staging;
  private int free;

  /**
   * @param draft samples the model that drafts
   * @param draftLogits [maxRows, vocabulary] logits of that model
   * @param arena frees the memory
   */
  CudaRejection(
      CudaContext context,
      DeviceSampler target,
      DeviceSampler draft,
      DeviceBuffer draftLogits,
      int maxRows,
      DeviceArena arena) {
    this.context = context;
    this.target = target;
    this.draft = draft;
    this.proposals = draftLogits;
    this.proposalBytes = Math.toIntExact(draftLogits.bytes() / maxRows);
    this.maxRows = maxRows;
    this.recovered = (long) maxRows * DRAFT_ROW_BYTES;
    long bytes = recovered + (long) maxRows * Integer.BYTES;
    this.drafts = arena.allocate(bytes, "rejection verification");
    this.staging = arena.allocatePinned(bytes, "rejection verification");
  }

  @Override
  public void begin() {
    free = maxRows;
  }

  @Override
  public int keep(int rows) {
    int first = free - rows;
    if (first < rows) {
      throw new IllegalArgumentException(
          "rejection verification keeps "
              + (maxRows - free)
              + " proposals, and of "
              + maxRows
              + " rows none are left for "
              + rows
              + " more; draft fewer tokens or use coupled verification");
    }
    draft.writeDistributions(0, rows, proposals, (long) first * proposalBytes);
    free = first;
    return first;
  }

  @Override
  public void verify(RejectionRows rows, int[] out) {
    MemorySegment to = staging.memory();
    for (int row = 0; row < rows.rows(); row++) {
      long at = (long) row * DRAFT_ROW_BYTES;
      to.set(ValueLayout.JAVA_INT, at, rows.logitRow(row));
      to.set(ValueLayout.JAVA_INT, at + 4, rows.token(row));
      to.set(ValueLayout.JAVA_INT, at + 8, rows.proposal(row));
      to.set(ValueLayout.JAVA_DOUBLE, at + 16, rows.acceptDraw(row));
      to.set(ValueLayout.JAVA_DOUBLE, at + 24, rows.recoverDraw(row));
    }
    check(
        JCudaDriver.cuMemcpyHtoDAsync(
            drafts.pointer(),
            staging.pointer(),
            (long) rows.rows() * DRAFT_ROW_BYTES,
            context.stream()),
        "cuMemcpyHtoDAsync");
    target.reject(rows.rows(), proposals, drafts, recovered);
    long bytes = (long) rows.rows() * Integer.BYTES;
    check(
        JCudaDriver.cuMemcpyDtoHAsync(
            staging.pointer(), drafts.pointer(recovered), bytes, context.stream()),
        "cuMemcpyDtoHAsync");
    context.synchronize();
    MemorySegment.copy(to, ValueLayout.JAVA_INT, 0, out, 0, rows.rows());
  }
}
