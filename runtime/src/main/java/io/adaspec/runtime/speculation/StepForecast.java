package io.adaspec.runtime.speculation;

import java.util.Arrays;

/**
 * What the decoding sequences of a batch are expected to do in one step with the draft depth of
 * highest efficiency: {@code max_K max_n (B + Σ C of the best n) / (D(K) + T(n))} with calibrated
 * mean acceptance, catch-up of the draft KV spread over {@value #CATCH_UP_STEPS} steps, and what
 * prefill rows add left out.
 *
 * @param estimate of the batch
 * @param depth K; 0 for plain decoding
 * @param tokens [entries] expected output tokens
 * @param draftNanos D(K)
 * @param draftRows n
 * @param draftReads key/value positions that these rows read
 */
record StepForecast(
    StepEstimate estimate,
    int depth,
    double[] tokens,
    double draftNanos,
    int draftRows,
    long draftReads) {
  private static final int CATCH_UP_STEPS = 64;
  private static final double HYSTERESIS = 1.02;
  private static final int PATIENCE = 4;

  /** Plain decoding. */
  static StepForecast plain(StepEstimate estimate) {
    double[] tokens = new double[estimate.batch().size()];
    Arrays.fill(tokens, 1);
    return new StepForecast(estimate, 0, tokens, 0, 0, 0);
  }

  /** The best depth up to {@code cap} for drafts of the draft model. */
  static StepForecast best(StepEstimate estimate, AcceptanceCalibration calibration, int cap) {
    BatchView batch = estimate.batch();
    StepForecast found = plain(estimate);
    double share = estimate.prefillShareNanos();
    double best = HYSTERESIS * estimate.samplers() / (estimate.plainNanos() - share);
    SurvivalTable predicted = new SurvivalTable(batch.size(), cap);
    for (int depth = 1; depth <= cap; depth++) {
      int drafting = 0;
      for (int i = 0; i < batch.size(); i++) {
        BatchView.Entry entry = batch.get(i);
        if (entry.draftsWithModel() && entry.draftLimit() >= depth) {
          double mean = calibration.meanAcceptance(entry, DrafterKind.MODEL, depth - 1);
          predicted.append(i, (float) mean, 0, mean);
          drafting++;
        }
      }
      if (drafting == 0) {
        return found;
      }
      double sunk = estimate.draftingNanos(predicted.draftedCounts(), CATCH_UP_STEPS);
      VerifyBudget.Choice choice = VerifyBudget.choose(estimate, predicted, sunk - share);
      if (choice.efficiency() > best) {
        best = choice.efficiency();
        double[] tokens = tokens(predicted, choice.lengths());
        found = new StepForecast(estimate, depth, tokens, sunk, choice.rows(), choice.reads());
      } else if (found.depth() > 0 || depth >= PATIENCE) {
        return found;
      }
    }
    return found;
  }

  private static double[] tokens(SurvivalTable predicted, int[] lengths) {
    double[] tokens = new double[lengths.length];
    for (int i = 0; i < lengths.length; i++) {
      tokens[i] = 1;
      for (int j = 0; j < lengths[i]; j++) {
        tokens[i] += predicted.survival(i, j);
      }
    }
    return tokens;
  }

  /** The step with so many prefill rows. */
  double stepNanos(int prefillRows) {
    return draftNanos + estimate.withPrefillNanos(draftRows, draftReads, prefillRows);
  }

  /** The step with so many like sequences instead of those there are. */
  double scaledNanos(int sequences) {
    double share = (double) sequences / Math.max(1, estimate.samplers());
    double drafting =
        depth == 0
            ? 0
            : draftNanos
                * estimate.draftPassNanos(sequences, estimate.likeReads(sequences))
                / estimate.draftPassNanos(
                    estimate.samplers(), estimate.likeReads(estimate.samplers()));
    return drafting
        + estimate.likeNanos(sequences, (int) (draftRows * share), (long) (draftReads * share));
  }

  /** The same as plain decoding. */
  double scaledPlainNanos(int sequences) {
    return estimate.likeNanos(sequences, 0, 0);
  }
}
