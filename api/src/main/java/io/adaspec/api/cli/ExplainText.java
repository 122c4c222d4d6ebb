package io.adaspec.api.cli;

import io.adaspec.runtime.speculation.BatchView;
import io.adaspec.runtime.speculation.DrafterKind;
import io.adaspec.runtime.speculation.StepExplanation;
import io.adaspec.runtime.speculation.StepExplanation.Alternative;
import io.adaspec.runtime.speculation.StepReport;
import io.adaspec.runtime.speculation.WaitingView;
import io.adaspec.runtime.speculation.log.LoggedStep;
import java.util.Locale;

/** A step's explanation for people. */
final class ExplainText {
  /** Who drafted in the last step too lags by no more than this. */
  private static final int SETTLED_LAG = 2;

  private ExplainText() {}

  static String of(LoggedStep step, StepExplanation why) {
    StepReport report = step.report();
    BatchView batch = step.decision().batch();
    WaitingView waiting = step.decision().waiting();
    StringBuilder text = new StringBuilder();
    line(
        text,
        String.format(
            Locale.ROOT,
            "step %d on %s, policy %s version %d",
            report.planId(),
            step.device(),
            report.strategy(),
            report.policyVersion()));
    line(
        text,
        String.format(
            Locale.ROOT,
            "  inputs   %d sequences, %d rows without drafts (%d prefill), %d waiting with %d"
                + " tokens, %d late",
            batch.size(),
            batch.totalRows(),
            report.prefillRows(),
            waiting.requests(),
            waiting.promptTokens(),
            why.late().size()));
    line(
        text,
        String.format(
            Locale.ROOT,
            "  ledger   %s, may lose %.2f ms",
            why.mode().name().toLowerCase(Locale.ROOT),
            why.balanceNanos() / 1e6));
    if (why.lackingTokens() > SETTLED_LAG * batch.size()) {
      line(
          text,
          String.format(
              Locale.ROOT,
              "  catch-up %d tokens that the draft model has not read; drafts below count the time"
                  + " of reading %s",
              why.lackingTokens(),
              why.readTokens() < why.lackingTokens()
                  ? "the last " + why.readTokens() + " alone"
                  : "all of them"));
    }
    for (Alternative each : why.alternatives()) {
      line(
          text,
          String.format(
              Locale.ROOT,
              "  drafts %d %8.2f tokens in %8.3f ms: %9.1f tokens/s",
              each.depth(),
              each.tokens(),
              each.nanos() / 1e6,
              each.efficiency()));
    }
    for (StepReport.Drafted drafted : report.sequences()) {
      line(
          text,
          String.format(
              Locale.ROOT,
              "  sequence %d: %s drafted %d, verified %d, accepted %d, emitted %d%s%s",
              drafted.sequence(),
              drafted.drafter().name().toLowerCase(Locale.ROOT),
              drafted.drafted(),
              drafted.verified(),
              drafted.accepted(),
              drafted.emitted(),
              confidences(drafted),
              reading(drafted, batch)));
    }
    line(
        text,
        String.format(
            Locale.ROOT,
            "  outcome  %d tokens; predicted %.3f ms, measured %.3f ms (draft %.3f, verify %.3f)%s",
            report.emittedTokens(),
            report.predictedNanos() / 1e6,
            report.totalNanos() / 1e6,
            report.draftNanos() / 1e6,
            report.verifyNanos() / 1e6,
            why.same() ? "" : "; the replay decides differently"));
    return text.toString();
  }

  /** What the draft model read before it drafted, and what of the text it has never seen. */
  private static String reading(StepReport.Drafted drafted, BatchView batch) {
    if (drafted.drafter() != DrafterKind.MODEL || drafted.drafted() == 0) {
      return "";
    }
    StringBuilder text = new StringBuilder();
    for (BatchView.Entry entry : batch.entries()) {
      if (entry.sequence() == drafted.sequence()) {
        if (entry.draftLag() > SETTLED_LAG) {
          text.append("; draft model read ").append(entry.draftLag()).append(" tokens first");
        }
        if (entry.draftStart() > 0) {
          text.append("; drafts without the first ").append(entry.draftStart());
          text.append(" of ").append(entry.contextTokens() + entry.rows()).append(" tokens");
        }
      }
    }
    return text.toString();
  }

  private static String confidences(StepReport.Drafted drafted) {
    StringBuilder text = new StringBuilder();
    for (float confidence : drafted.confidences()) {
      if (!Float.isNaN(confidence)) {
        text.append(text.isEmpty() ? "; confidence " : " ");
        text.append(String.format(Locale.ROOT, "%.2f", confidence));
      }
    }
    return text.toString();
  }

  private static void line(StringBuilder text, String line) {
    text.append(line).append(System.lineSeparator());
  }
}
