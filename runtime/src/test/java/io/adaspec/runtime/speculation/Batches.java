package io.adaspec.runtime.speculation;

import io.adaspec.runtime.request.ServiceClass;
import io.adaspec.runtime.request.SloTarget;
import java.util.ArrayList;
import java.util.List;

/** Batches and survival tables for the tests of strategies. */
final class Batches {
  private Batches() {}

  /** Sequences that decode, without SLO, nothing known of their acceptance. */
  static BatchView decoding(int sequences, int draftLimit) {
    List<BatchView.Entry> entries = new ArrayList<>();
    for (int i = 0; i < sequences; i++) {
      entries.add(entry(i, draftLimit, SloTarget.none(), 1, 0, Double.NaN));
    }
    return new BatchView(entries);
  }

  static BatchView.Entry entry(
      long sequence,
      int draftLimit,
      SloTarget slo,
      int emitted,
      long decodeElapsedNanos,
      double acceptanceRate) {
    return new BatchView.Entry(
        sequence,
        99,
        1,
        true,
        draftLimit,
        1,
        emitted,
        ServiceClass.STANDARD,
        slo,
        decodeElapsedNanos,
        acceptanceRate);
  }

  /** A table of given survivals. */
  static SurvivalTable survival(double[][] rows) {
    SurvivalTable table = new SurvivalTable(rows.length, 16);
    for (int i = 0; i < rows.length; i++) {
      double before = 1;
      for (double alive : rows[i]) {
        table.append(i, (float) (alive / before), 1, alive / before);
        before = alive;
      }
    }
    return table;
  }
}
