package io.adaspec.runtime.speculation;

import java.util.List;

/**
 * What the drafts of one step gained against plain decoding, and who of its sequences earned it.
 *
 * <p>{@code gain = (N − B) · plain / B − (measured − plainOfStep)} for N tokens of B sequences. A
 * step that took more than {@value #OUTLIER} times its prediction was held up by something else and
 * counts as that. A sequence earns {@code (tokens − 1) · plain / B} and pays its share of what
 * drafting added: draft passes by tokens drafted with the model, the rest by tokens verified. The
 * shares add up to the whole.
 *
 * @param totalNanos of the whole step; 0 without drafts
 * @param bySequence [sequences] in the report's order
 */
public record StepGains(double totalNanos, double[] bySequence) {
  private static final double OUTLIER = 3;

  /**
   * Reckons with a report.
   *
   * @param cost the model as corrected so far
   */
  public static StepGains of(StepReport report, CostModel cost) {
    List<StepReport.Drafted> sequences = report.sequences();
    double[] gains = new double[sequences.size()];
    int sampling = 0;
    int byModel = 0;
    int verified = 0;
    for (StepReport.Drafted each : sequences) {
      sampling += each.emitted() > 0 ? 1 : 0;
      byModel += each.drafter() == DrafterKind.MODEL ? each.drafted() : 0;
      verified += each.verified();
    }
    if (sampling == 0 || (byModel == 0 && verified == 0)) {
      return new StepGains(0, gains);
    }
    double plainOfStep = plainOfStepNanos(report, cost);
    double token = plainNanos(report, cost, plainOfStep, sampling) / sampling;
    double added =
        Math.min((double) report.totalNanos(), OUTLIER * predicted(report, cost)) - plainOfStep;
    double passes = verified == 0 ? added : byModel == 0 ? 0 : report.draftNanos();
    double perVerified = verified == 0 ? 0 : (added - passes) / verified;
    double perDrafted = byModel == 0 ? 0 : passes / byModel;
    for (int i = 0; i < gains.length; i++) {
      StepReport.Drafted each = sequences.get(i);
      int own = each.drafter() == DrafterKind.MODEL ? each.drafted() : 0;
      gains[i] =
          Math.max(0, each.emitted() - 1) * token
              - perVerified * each.verified()
              - perDrafted * own;
    }
    return new StepGains((report.emittedTokens() - sampling) * token - added, gains);
  }

  private static int plainRows(StepReport report) {
    return Math.max(1, report.targetRows() - report.verifiedTokens());
  }

  private static long plainReads(StepReport report) {
    return Math.max(0, report.targetContextReads() - report.verifiedTokens());
  }

  /** The step without its drafts. */
  private static double plainOfStepNanos(StepReport report, CostModel cost) {
    return cost.overheadNanos(report.sequences().size())
        + cost.targetPassNanos(plainRows(report), plainReads(report))
        - cost.prefillSavingNanos(report.prefillRows());
  }

  /** A step that spares what its prefill rows add. */
  private static double plainNanos(
      StepReport report, CostModel cost, double plainOfStep, int sampling) {
    int rows = plainRows(report);
    long reads = plainReads(report);
    return report.prefillRows() > 0
        ? plainOfStep - cost.prefillShareNanos(rows, reads, report.prefillRows())
        : cost.overheadNanos(sampling) + cost.targetPassNanos(rows, reads);
  }

  private static double predicted(StepReport report, CostModel cost) {
    int passes = Math.max(1, report.draftPasses());
    double eachDraft =
        cost.draftPassNanos(
            Math.ceilDiv(report.draftRows(), passes), report.draftContextReads() / passes);
    return cost.overheadNanos(report.sequences().size())
        + report.draftPasses() * eachDraft
        + cost.targetPassNanos(report.targetRows(), report.targetContextReads())
        - cost.prefillSavingNanos(report.prefillRows());
  }
}
