package io.adaspec.runtime.sampling;

import io.adaspec.runtime.request.Penalties;
import java.util.Map;

/** Penalties by the letter of their formula: over the whole vocabulary, from the whole text. */
public final class DensePenalties {
  private DensePenalties() {}

  /** What a row's logits become behind a text. */
  public static float[] changed(float[] logits, Penalties penalties, int[] prompt, int[] output) {
    int[] counts = new int[logits.length];
    boolean[] occurs = new boolean[logits.length];
    for (int token : prompt) {
      occurs[token] = true;
    }
    for (int token : output) {
      occurs[token] = true;
      counts[token]++;
    }
    float[] changed = logits.clone();
    for (int token = 0; token < logits.length; token++) {
      if (occurs[token]) {
        changed[token] =
            changed[token] > 0
                ? changed[token] / penalties.repetition()
                : changed[token] * penalties.repetition();
      }
      changed[token] -= penalties.frequency() * counts[token];
      changed[token] -= counts[token] > 0 ? penalties.presence() : 0;
    }
    for (Map.Entry<Integer, Float> bias : penalties.logitBias().entrySet()) {
      changed[bias.getKey()] += bias.getValue();
    }
    return changed;
  }
}
