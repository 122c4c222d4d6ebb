package io.adaspec.gpu;

import io.adaspec.runtime.model.ForwardBatch;
import java.util.Optional;

/**
 * Rows of a pass, side by side, that compute known tokens of prompts: the longest such stretch. A
 * sequence with a single row decodes, one all of whose rows need logits verifies; of others the
 * rows count up to the first that needs logits, draft tokens behind it do not.
 *
 * @param first its first row
 * @param end the row after its last
 * @param rows all rows of the pass
 */
record PrefillStretch(int first, int end, int rows) {
  /** The longest stretch of a pass, if it has as many rows as that. */
  static Optional<PrefillStretch> of(ForwardBatch batch, int minRows) {
    int first = 0;
    int end = 0;
    int longestFirst = 0;
    int longest = 0;
    int logit = 0;
    for (int sequence = 0; sequence < batch.sequences(); sequence++) {
      int begin = batch.rowOffsets()[sequence];
      int next = batch.rowOffsets()[sequence + 1];
      boolean samples = logit < batch.logitRowCount() && batch.logitRows()[logit] < next;
      int known = samples ? batch.logitRows()[logit] + 1 - begin : next - begin;
      if (known < 2) {
        known = 0;
      }
      if (end != begin) {
        first = begin;
      }
      end = begin + known;
      if (end - first > longest) {
        longest = end - first;
        longestFirst = first;
      }
      while (logit < batch.logitRowCount() && batch.logitRows()[logit] < next) {
        logit++;
      }
    }
    return longest < minRows
        ? Optional.empty()
        : Optional.of(new PrefillStretch(longestFirst, longestFirst + longest, batch.rows()));
  }

  int length() {
    return end - first;
  }

  /** Rows behind it. */
  int after() {
    return rows - end;
  }
}
