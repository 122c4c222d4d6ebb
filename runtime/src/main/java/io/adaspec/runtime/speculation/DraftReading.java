package io.adaspec.runtime.speculation;

import java.util.ArrayList;
import java.util.List;

/**
 * How much of its text the draft model reads where reading all of it costs more than may be lost.
 *
 * <p>A draft proposes nearly as well from the end of a text as from the whole of it, and what it
 * gains pays for longer readings of later requests. So of an entry whose draft KV lags, with L the
 * lag and c(n) what reading the last n tokens adds to a step, the reading is
 *
 * <pre>
 *   L where c(L) ≤ most, else the largest n from {@value #LEAST} to L with c(n) ≤ most
 * </pre>
 *
 * <p>and L again where not even {@value #LEAST} may be read, so that whoever weighs the cost
 * refuses it, and where more than half of the text has been read, which would be lost.
 */
final class DraftReading {
  private static final int LEAST = 32;

  private DraftReading() {}

  /**
   * The batch as it is when nobody's draft model reads more than is worth it.
   *
   * @param mostNanos the most that catching up may add to a step
   */
  static BatchView within(BatchView batch, CostModel cost, double mostNanos) {
    if (batch.entries().stream().noneMatch(DraftReading::lacksMost)) {
      return batch;
    }
    List<BatchView.Entry> entries = new ArrayList<>(batch.size());
    for (BatchView.Entry entry : batch.entries()) {
      int tokens = lacksMost(entry) ? tokens(entry, cost, mostNanos) : entry.draftLag();
      entries.add(tokens < entry.draftLag() ? entry.reading(tokens) : entry);
    }
    return new BatchView(entries);
  }

  /** Whether its draft model could begin late without losing what it has read. */
  private static boolean lacksMost(BatchView.Entry entry) {
    return entry.draftsWithModel()
        && entry.draftLag() > Math.max(LEAST, entry.draftContextTokens() / 2);
  }

  private static int tokens(BatchView.Entry entry, CostModel cost, double mostNanos) {
    int lag = entry.draftLag();
    int read = entry.draftContextTokens();
    double one = cost.draftPassNanos(1, read);
    int before = read - lag;
    if (cost.draftPassNanos(lag, BatchView.contextReads(before, lag)) - one <= mostNanos) {
      return lag;
    }
    int tokens = LargestFit.between(LEAST, lag, n -> readNanos(n, cost) <= mostNanos);
    return readNanos(tokens, cost) <= mostNanos ? tokens : lag;
  }

  /** What reading the last tokens of a text takes longer than a pass of one row. */
  private static double readNanos(int tokens, CostModel cost) {
    return cost.draftPassNanos(tokens, BatchView.contextReads(0, tokens))
        - cost.draftPassNanos(1, tokens);
  }
}
