package io.adaspec.runtime.speculation;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Why a step was decided as it was: the strategy asked again with what was known before the step,
 * beside what other draft lengths would have been expected to give.
 *
 * @param mode what the ledger asked of a step of the {@code slo} strategy
 * @param balanceNanos what the ledger allowed to lose
 * @param alternatives draft lengths of the whole batch from 0 on, as predicted
 * @param lackingTokens known tokens of all sequences that the draft model had not computed
 * @param readTokens how many of them the alternatives reckon that it reads first
 * @param choices drafters and caps that the strategy wished
 * @param lengths [entries] draft tokens that the strategy selects of what was drafted
 * @param late entries that needed more than one token to meet their TPOT target
 * @param same whether those lengths are the ones that were verified
 */
public record StepExplanation(
    SpeculationLedger.Mode mode,
    double balanceNanos,
    List<Alternative> alternatives,
    int lackingTokens,
    int readTokens,
    DraftChoices choices,
    int[] lengths,
    List<Integer> late,
    boolean same) {

  /**
   * A draft length of the whole batch.
   *
   * @param depth draft tokens of every sequence
   * @param tokens expected tokens of the step, the best of its drafts verified
   * @param nanos predicted time
   */
  public record Alternative(int depth, double tokens, double nanos) {
    /** Tokens per second. */
    public double efficiency() {
      return tokens * 1e9 / nanos;
    }
  }

  /**
   * Explains one step.
   *
   * @param state what was learned before it
   */
  public static StepExplanation of(
      ControllerState state, StepDecision decision, StepReport report) {
    BatchView batch = decision.batch();
    SpeculationStrategy strategy = Strategies.of(decision.policy(), state);
    CostModel corrected = state.correction().applied(decision.cost());
    StepEstimate estimate = new StepEstimate(batch, corrected);
    SurvivalTable survival = survival(strategy, batch, report);
    int[] lengths = strategy.select(batch, survival, decision.cost());
    List<Integer> late = new ArrayList<>();
    for (int i = 0; i < batch.size(); i++) {
      if (SloSlack.need(batch.get(i), estimate.plainNanos()) > 1) {
        late.add(i);
      }
    }
    StepEstimate compared =
        strategy instanceof SloStrategy
            ? CatchUp.of(batch, corrected, state.ledger().balanceNanos()).estimate()
            : estimate;
    return new StepExplanation(
        state.ledger().mode(),
        state.ledger().balanceNanos(),
        alternatives(compared, state, decision.policy()),
        draftLag(batch),
        draftLag(compared.batch()),
        strategy.choose(batch, decision.cost()),
        lengths,
        late,
        same(batch, lengths, report));
  }

  /** Of those that the draft model may draft for. */
  private static int draftLag(BatchView batch) {
    return batch.entries().stream()
        .filter(BatchView.Entry::draftsWithModel)
        .mapToInt(BatchView.Entry::draftLag)
        .sum();
  }

  private static List<Alternative> alternatives(
      StepEstimate estimate, ControllerState state, PolicySnapshot policy) {
    List<Alternative> alternatives = new ArrayList<>();
    alternatives.add(new Alternative(0, estimate.samplers(), estimate.plainNanos()));
    BatchView batch = estimate.batch();
    boolean model = policy.drafter() == DrafterKind.MODEL;
    SurvivalTable predicted = new SurvivalTable(batch.size(), policy.draftCap());
    for (int depth = 1; depth <= policy.draftCap(); depth++) {
      for (int i = 0; i < batch.size(); i++) {
        BatchView.Entry entry = batch.get(i);
        if (entry.samples() && entry.draftLimit() >= depth) {
          double mean = state.calibration().meanAcceptance(entry, policy.drafter(), depth - 1);
          predicted.append(i, (float) mean, 0, mean);
        }
      }
      double sunk = model ? estimate.draftingNanos(predicted.draftedCounts()) : 0;
      VerifyBudget.Choice choice = VerifyBudget.choose(estimate, predicted, sunk);
      alternatives.add(new Alternative(depth, choice.tokens(), choice.nanos()));
    }
    return alternatives;
  }

  private static SurvivalTable survival(
      SpeculationStrategy strategy, BatchView batch, StepReport report) {
    Map<Long, StepReport.Drafted> byNumber = byNumber(report);
    int longest = 0;
    for (StepReport.Drafted drafted : report.sequences()) {
      longest = Math.max(longest, drafted.drafted());
    }
    SurvivalTable survival = new SurvivalTable(batch.size(), longest);
    for (int i = 0; i < batch.size(); i++) {
      StepReport.Drafted drafted = byNumber.get(batch.get(i).sequence());
      if (drafted == null || drafted.drafter() != DrafterKind.MODEL) {
        survival.markFreeOfPasses(i);
      }
      for (int j = 0; drafted != null && j < drafted.drafted(); j++) {
        float confidence = drafted.confidences()[j];
        float margin = drafted.margins()[j];
        survival.append(
            i,
            confidence,
            margin,
            strategy.acceptance(batch.get(i), drafted.drafter(), j, confidence, margin));
      }
    }
    return survival;
  }

  private static boolean same(BatchView batch, int[] lengths, StepReport report) {
    Map<Long, StepReport.Drafted> byNumber = byNumber(report);
    for (int i = 0; i < lengths.length; i++) {
      StepReport.Drafted drafted = byNumber.get(batch.get(i).sequence());
      if (drafted != null && drafted.verified() != lengths[i]) {
        return false;
      }
    }
    return true;
  }

  private static Map<Long, StepReport.Drafted> byNumber(StepReport report) {
    Map<Long, StepReport.Drafted> byNumber = new HashMap<>();
    report.sequences().forEach(drafted -> byNumber.put(drafted.sequence(), drafted));
    return byNumber;
  }
}
