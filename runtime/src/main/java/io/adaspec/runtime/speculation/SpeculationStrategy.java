package io.adaspec.runtime.speculation;

/**
 * Decides how much a step speculates. Implementations are pure: they see numbers and return
 * numbers, and hold no state that a call changes. Thread-safe by being immutable.
 */
public interface SpeculationStrategy {
  /** Name and parameters, as {@code Strategies.parse} reads them. */
  String spec();

  /**
   * How much work the step may take in; called first. Unless a strategy knows better, all prompts
   * that fit, and of a class that is not the highest only who leaves those above it their TPOT.
   *
   * @param running all sequences that have KV: those that decode, with one row, and those in the
   *     middle of their prompt, with none
   */
  default StepBudget budget(WaitingView waiting, BatchView running, CostModel cost) {
    return RowRoom.betweenClasses(StepForecast.plain(new StepEstimate(running, cost)));
  }

  /** Drafter and cap of every entry; called when the step is planned. */
  DraftChoices choose(BatchView batch, CostModel cost);

  /**
   * Estimated probability that the target keeps a draft token, given that it kept all before it;
   * the step's runner feeds it to {@link SurvivalTable#append}.
   *
   * @param position of the draft token in its draft, from 0
   * @param confidence the drafter's probability of its token; 1 for a drafter without probabilities
   * @param margin largest minus second largest draft logit; for an n-gram the length of its match
   */
  default double acceptance(
      BatchView.Entry entry, DrafterKind drafter, int position, float confidence, float margin) {
    if (drafter == DrafterKind.MODEL) {
      return confidence;
    }
    return Double.isNaN(entry.acceptanceRate()) ? UNKNOWN_ACCEPTANCE : entry.acceptanceRate();
  }

  /** What is assumed of a drafter without probabilities before its first verification. */
  double UNKNOWN_ACCEPTANCE = 0.5;

  /**
   * Which entries draft another token; called between draft passes.
   *
   * @return [entries] true to draft on; the runner stops an entry at its cap anyway
   */
  boolean[] continueDrafting(BatchView batch, SurvivalTable survival, CostModel cost);

  /**
   * Whether {@link #continueDrafting} may stop an entry before its cap. One that never does lets a
   * device draft all tokens of a step without asking.
   */
  default boolean decidesWhileDrafting() {
    return true;
  }

  /**
   * How many draft tokens of every entry are verified; called before the verify pass.
   *
   * @return [entries] 0 to {@code survival.drafted(entry)}
   */
  int[] select(BatchView batch, SurvivalTable survival, CostModel cost);

  /**
   * Whether {@link #continueDrafting} or {@link #select} look at confidences. Such a strategy is
   * exact only with {@link Verifier#COUPLED}.
   */
  boolean selectsByConfidence();

  /**
   * Whether confidences are needed at all, be it only to learn from them; without, drafters leave
   * NaN and save an exponential per token of the vocabulary.
   */
  default boolean needsConfidences() {
    return true;
  }
}
