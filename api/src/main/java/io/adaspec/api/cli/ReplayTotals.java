package io.adaspec.api.cli;

import io.adaspec.runtime.speculation.StepExplanation;
import io.adaspec.runtime.speculation.StepReport;
import io.adaspec.runtime.speculation.log.LoggedStep;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Adds up the steps of a decision log. Not thread-safe. */
final class ReplayTotals {
  private final List<Double> errors = new ArrayList<>();
  private long tokens;
  private long verified;
  private long accepted;
  private long speculative;
  private long different;
  private double seconds;

  void add(LoggedStep step, StepExplanation explanation) {
    StepReport report = step.report();
    tokens += report.emittedTokens();
    verified += report.verifiedTokens();
    accepted += report.acceptedTokens();
    speculative += report.draftedTokens() > 0 ? 1 : 0;
    different += explanation.same() ? 0 : 1;
    seconds += report.totalNanos() / 1e9;
    errors.add(report.predictionError());
  }

  /** The same for people. */
  String text() {
    return String.format(
        Locale.ROOT,
        "%d steps, %d of them with drafts; %d output tokens in %.3f s%n"
            + "%d draft tokens verified, %d accepted; predictions off by %.1f %% in the median%n"
            + "%s%n",
        errors.size(),
        speculative,
        tokens,
        seconds,
        verified,
        accepted,
        100 * medianError(),
        different == 0
            ? "the replay decides every step alike"
            : "the replay decides " + different + " steps differently");
  }

  Map<String, Object> summary() {
    Map<String, Object> summary = new LinkedHashMap<>();
    summary.put("steps", errors.size());
    summary.put("speculative_steps", speculative);
    summary.put("output_tokens", tokens);
    summary.put("verified_draft_tokens", verified);
    summary.put("accepted_draft_tokens", accepted);
    summary.put("device_seconds", seconds);
    summary.put("median_prediction_error", medianError());
    summary.put("decisions_not_reproduced", different);
    return summary;
  }

  private double medianError() {
    Collections.sort(errors);
    return errors.isEmpty() ? 0 : errors.get(errors.size() / 2);
  }
}
