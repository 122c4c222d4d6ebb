package io.adaspec.gpu;

import static io.adaspec.gpu.CudaCheck.check;

import io.adaspec.gpu.KernelModule.Grid;
import io.adaspec.runtime.model.RowSampling;
import io.adaspec.runtime.sampling.PenalisedTokens;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jcuda.driver.JCudaDriver;

/**
 * Changes the logits that a pass left by the penalties of its rows: the tokens of their texts go to
 * the GPU, each once a sequence, and a kernel changes these logits as the runtime's {@link
 * PenalisedTokens} does. A copy and a launch for all rows together.
 *
 * <p>Room on both sides is bounded whatever the length of texts. More tokens than it holds go in
 * rounds of a copy, a launch and a wait each; every entry changes a logit of its own, so the bits
 * do not depend on that.
 */
final class DevicePenalties {
  private static final int ROW_INTS = 8;
  private static final int ENTRY_INTS = 3;

  /** Tokens of one round, those of drafts apart. */
  private static final int ENTRIES = 1 << 16;

  private final CudaContext context;
  private final KernelModule kernels;
  private final DeviceBuffer logits;
  private final int vocabulary;
  private final int firstInteger;
  private final DeviceBuffer lists;
  private final PinnedBuffer staging;
  private int rows;
  private int end;
  private int longest;

  /**
   * @param logits [maxRows, vocabulary] that passes leave
   */
  DevicePenalties(
      CudaContext context,
      KernelModule kernels,
      DeviceBuffer logits,
      int vocabulary,
      int maxRows,
      DeviceArena arena) {
    this(context, kernels, logits, vocabulary, maxRows, ENTRIES, arena);
  }

  /**
   * @param entries tokens of one round, at least those of a draft
   */
  DevicePenalties(
      CudaContext context,
      KernelModule kernels,
      DeviceBuffer logits,
      int vocabulary,
      int maxRows,
      int entries,
      DeviceArena arena) {
    this.context = context;
    this.kernels = kernels;
    this.logits = logits;
    this.vocabulary = vocabulary;
    this.firstInteger = maxRows * ROW_INTS;
    this.lists = arena.allocate(bytes(maxRows, entries), "penalties");
    this.staging = arena.allocatePinned(bytes(maxRows, entries), "penalties");
  }

  /** GPU memory, and as much pinned memory of the host. */
  static long bytes(int maxRows) {
    return bytes(maxRows, ENTRIES);
  }

  private static long bytes(int maxRows, int entries) {
    return 4L * ((long) maxRows * ROW_INTS + (long) entries * ENTRY_INTS);
  }

  /** Queues the change of all logit rows, which the queued pass is to leave. */
  void apply(RowSampling sampling) {
    clear();
    int first = 0;
    while (first < sampling.rows()) {
      PenalisedTokens tokens = sampling.penalised(first);
      int next = first + 1;
      while (next < sampling.rows() && sampling.penalised(next) == tokens) {
        next++;
      }
      if (tokens != PenalisedTokens.NONE) {
        add(tokens, sampling, first, next);
      }
      first = next;
    }
    flush();
  }

  /** Adds the rows of one text, in as many rounds as its tokens need. */
  private void add(PenalisedTokens tokens, RowSampling sampling, int first, int next) {
    int drafts = 0;
    for (int row = first; row < next; row++) {
      drafts = Math.max(drafts, sampling.draftsBefore(row));
    }
    int from = 0;
    while (from < tokens.entries()) {
      int room = (integers() - end - drafts) / ENTRY_INTS;
      if (room <= 0) {
        flush();
        context.synchronize(); // the copy still reads
        clear();
        room = (integers() - drafts) / ENTRY_INTS;
      }
      int count = Math.min(room, tokens.entries() - from);
      int draftsAt = putDrafts(tokens, drafts);
      int entriesAt = putEntries(tokens, from, count);
      for (int row = first; row < next; row++) {
        putRow(tokens, sampling, row, entriesAt, count, draftsAt);
      }
      longest = Math.max(longest, count);
      from += count;
    }
  }

  private int putDrafts(PenalisedTokens tokens, int drafts) {
    int at = end;
    for (int i = 0; i < drafts; i++) {
      put(firstInteger + end++, tokens.draftToken(i));
    }
    return at;
  }

  private int putEntries(PenalisedTokens tokens, int from, int count) {
    int at = end;
    for (int entry = from; entry < from + count; entry++) {
      put(firstInteger + end++, tokens.token(entry));
      put(firstInteger + end++, tokens.uses(entry));
      put(firstInteger + end++, Float.floatToRawIntBits(tokens.bias(entry)));
    }
    return at;
  }

  private void putRow(
      PenalisedTokens tokens,
      RowSampling sampling,
      int logitRow,
      int entriesAt,
      int entries,
      int draftsAt) {
    int at = rows++ * ROW_INTS;
    put(at, logitRow);
    put(at + 1, entriesAt);
    put(at + 2, entries);
    put(at + 3, draftsAt);
    put(at + 4, sampling.draftsBefore(logitRow));
    put(at + 5, Float.floatToRawIntBits(tokens.penalties().repetition()));
    put(at + 6, Float.floatToRawIntBits(tokens.penalties().frequency()));
    put(at + 7, Float.floatToRawIntBits(tokens.penalties().presence()));
  }

  private void put(int index, int value) {
    MemorySegment to = staging.memory();
    to.setAtIndex(ValueLayout.JAVA_INT, index, value);
  }

  private int integers() {
    return (int) (lists.bytes() / Integer.BYTES) - firstInteger;
  }

  private void clear() {
    rows = 0;
    end = 0;
    longest = 0;
  }

  private void flush() {
    if (rows == 0) {
      return;
    }
    check(
        JCudaDriver.cuMemcpyHtoDAsync(
            lists.pointer(),
            staging.pointer(),
            (long) (firstInteger + end) * Integer.BYTES,
            context.stream()),
        "cuMemcpyHtoDAsync");
    kernels.launch(
        "penalise_logits",
        Grid.of(Math.ceilDiv(longest, KernelModule.BLOCK), rows, 1),
        new LaunchArguments()
            .add(logits)
            .add(vocabulary)
            .add(lists)
            .add(lists, (long) firstInteger * Integer.BYTES));
  }
}
