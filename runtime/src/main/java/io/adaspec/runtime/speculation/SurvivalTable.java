package io.adaspec.runtime.speculation;

/**
 * Confidences of the tokens drafted so far in one step, and the survival they imply.
 *
 * <p>Survival of position j of an entry is {@code Π_{m ≤ j} p_m}: the estimated probability that
 * this draft token and all before it are accepted (AdaSpec section 5.2). Filled by the step's
 * runner between draft passes. Not thread-safe.
 */
public final class SurvivalTable {
  private final int maxDraft;
  private final int[] drafted;
  private final float[] confidence;
  private final float[] margin;
  private final double[] survival;
  private final boolean[] freeOfPasses;

  public SurvivalTable(int entries, int maxDraft) {
    this.maxDraft = maxDraft;
    this.drafted = new int[entries];
    this.confidence = new float[entries * maxDraft];
    this.margin = new float[entries * maxDraft];
    this.survival = new double[entries * maxDraft];
    this.freeOfPasses = new boolean[entries];
  }

  /**
   * Appends a draft token of an entry.
   *
   * @param tokenConfidence the draft's probability of its token
   * @param topMargin largest minus second largest draft logit; 0 where the drafter has none
   * @param acceptance estimated probability that the target keeps it, given that it kept all before
   */
  public void append(int entry, float tokenConfidence, float topMargin, double acceptance) {
    if (drafted[entry] == maxDraft) {
      throw new IllegalStateException(
          "entry " + entry + " already has " + maxDraft + " draft tokens");
    }
    int position = drafted[entry]++;
    int at = entry * maxDraft + position;
    confidence[at] = tokenConfidence;
    margin[at] = topMargin;
    survival[at] = acceptance * (position == 0 ? 1 : survival[at - 1]);
  }

  /** Says that an entry's drafter is not the draft model, so its tokens took no draft passes. */
  public void markFreeOfPasses(int entry) {
    freeOfPasses[entry] = true;
  }

  /** Whether an entry's draft tokens took no draft passes. */
  public boolean isFreeOfPasses(int entry) {
    return freeOfPasses[entry];
  }

  public int entries() {
    return drafted.length;
  }

  /** Draft tokens of an entry so far. */
  public int drafted(int entry) {
    return drafted[entry];
  }

  /** [entries] draft tokens of every entry so far; a fresh copy. */
  public int[] draftedCounts() {
    return drafted.clone();
  }

  /** Confidence of the draft token at {@code position} (from 0). */
  public float confidence(int entry, int position) {
    return confidence[at(entry, position)];
  }

  /** Top-2 logit margin at {@code position} (from 0). */
  public float margin(int entry, int position) {
    return margin[at(entry, position)];
  }

  /** Probability that positions 0 to {@code position} are all accepted. */
  public double survival(int entry, int position) {
    return survival[at(entry, position)];
  }

  private int at(int entry, int position) {
    if (position < 0 || position >= drafted[entry]) {
      throw new IndexOutOfBoundsException(
          "entry "
              + entry
              + " has "
              + drafted[entry]
              + " draft tokens, asked for position "
              + position);
    }
    return entry * maxDraft + position;
  }
}
