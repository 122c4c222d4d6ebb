package io.adaspec.benchmarks.speed;

import java.util.Collections;
import java.util.List;

/**
 * What is measured.
 *
 * @param threads worker threads
 * @param promptTokens prompt of the prefill measurement
 * @param contextTokens prompt of sequences that decode
 * @param outputTokens tokens that each sequence decodes in one measurement
 * @param sequences how many sequences decode together
 */
record SpeedSettings(
    int threads, int promptTokens, int contextTokens, int outputTokens, List<Integer> sequences) {
  SpeedSettings {
    sequences = List.copyOf(sequences);
    if (threads <= 0 || promptTokens <= 0 || contextTokens <= 0 || outputTokens < 2) {
      throw new IllegalArgumentException(
          "threads, prompt and context must be positive and outputs at least 2");
    }
  }

  int mostSequences() {
    return sequences.isEmpty() ? 1 : Math.max(1, Collections.max(sequences));
  }
}
