package io.adaspec.runtime.speculation;

/** {@code off}: plain decoding. */
final class OffStrategy implements SpeculationStrategy {
  @Override
  public String spec() {
    return "off";
  }

  @Override
  public DraftChoices choose(BatchView batch, CostModel cost) {
    return DraftChoices.none(batch.size());
  }

  @Override
  public boolean[] continueDrafting(BatchView batch, SurvivalTable survival, CostModel cost) {
    return new boolean[batch.size()];
  }

  @Override
  public int[] select(BatchView batch, SurvivalTable survival, CostModel cost) {
    return survival.draftedCounts();
  }

  @Override
  public boolean selectsByConfidence() {
    return false;
  }

  @Override
  public boolean needsConfidences() {
    return false;
  }
}
