package io.adaspec.runtime.drafting;

import io.adaspec.runtime.model.DeviceRejection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The draft tokens of one step. Reused from step to step; grows as needed. Not thread-safe.
 *
 * <p>Distributions are kept only when rejection sampling will need them; their memory ({@code
 * vocabulary} floats per draft token) is reused too.
 */
public final class Drafts {
  private static final float[] ONE_HOT = new float[0];

  private final List<float[]> distributionPool = new ArrayList<>();
  private int distributionsUsed;
  private boolean keepsDistributions;
  private int maxDraft;
  private int[] counts = new int[16];
  private int[] tokens = new int[64];
  private float[] confidences = new float[64];
  private float[] margins = new float[64];
  private float[][] distributions = new float[64][];
  private int[] proposals = new int[64];

  /**
   * Empties the drafts for a step.
   *
   * @param maxDraft longest draft of any entry
   * @param keepDistributions whether drafters with probabilities must {@link #attachDistribution}
   */
  public void begin(int entries, int maxDraft, boolean keepDistributions) {
    this.maxDraft = maxDraft;
    this.keepsDistributions = keepDistributions;
    distributionsUsed = 0;
    if (counts.length < entries) {
      counts = new int[entries * 2];
    }
    Arrays.fill(counts, 0, entries, 0);
    int size = entries * maxDraft;
    if (tokens.length < size) {
      tokens = new int[size * 2];
      confidences = new float[size * 2];
      margins = new float[size * 2];
      distributions = new float[size * 2][];
      proposals = new int[size * 2];
    }
  }

  /** Appends a token; see {@code SurvivalTable.append} for confidence and margin. */
  public void append(int entry, int token, float confidence, float margin) {
    int at = entry * maxDraft + counts[entry];
    if (counts[entry]++ == maxDraft) {
      throw new IllegalStateException("entry " + entry + " drafts more than " + maxDraft);
    }
    tokens[at] = token;
    confidences[at] = confidence;
    margins[at] = margin;
    distributions[at] = ONE_HOT;
    proposals[at] = DeviceRejection.CERTAIN;
  }

  /** Whether {@link #attachDistribution} is wanted. */
  public boolean keepsDistributions() {
    return keepsDistributions;
  }

  /**
   * Memory for the distribution that the entry's last token was drawn from; without it the token is
   * a certain proposal.
   *
   * @return [vocabulary] to be filled by the caller
   */
  public float[] attachDistribution(int entry, int vocabulary) {
    if (distributionsUsed == distributionPool.size()) {
      distributionPool.add(new float[vocabulary]);
    }
    float[] out = distributionPool.get(distributionsUsed++);
    distributions[at(entry, counts[entry] - 1)] = out;
    return out;
  }

  /**
   * The same where the distribution stays on the device.
   *
   * @param proposal its number there
   */
  public void attachProposal(int entry, int proposal) {
    proposals[at(entry, counts[entry] - 1)] = proposal;
  }

  /** What the token was drawn from, as {@link DeviceRejection} knows it. */
  public int proposal(int entry, int position) {
    return proposals[at(entry, position)];
  }

  public int count(int entry) {
    return counts[entry];
  }

  public int token(int entry, int position) {
    return tokens[at(entry, position)];
  }

  public float confidence(int entry, int position) {
    return confidences[at(entry, position)];
  }

  public float margin(int entry, int position) {
    return margins[at(entry, position)];
  }

  /** [vocabulary] what the token was drawn from; empty for a certain proposal. */
  public float[] distribution(int entry, int position) {
    return distributions[at(entry, position)];
  }

  /** [count] a fresh copy of an entry's confidences. */
  public float[] confidences(int entry) {
    return Arrays.copyOfRange(confidences, entry * maxDraft, entry * maxDraft + counts[entry]);
  }

  /** [count] a fresh copy of an entry's margins. */
  public float[] margins(int entry) {
    return Arrays.copyOfRange(margins, entry * maxDraft, entry * maxDraft + counts[entry]);
  }

  private int at(int entry, int position) {
    if (position < 0 || position >= counts[entry]) {
      throw new IndexOutOfBoundsException(
          "entry " + entry + " has " + counts[entry] + " draft tokens, asked for " + position);
    }
    return entry * maxDraft + position;
  }
}
