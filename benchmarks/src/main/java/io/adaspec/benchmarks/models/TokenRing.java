package io.adaspec.benchmarks.models;

import java.util.SplittableRandom;

/** One cycle through all word tokens in random order: what a generated model tends to write. */
final class TokenRing {
  private final int[] previous = new int[ModelShape.VOCABULARY];

  TokenRing(long seed) {
    int first = WordVocabulary.FIRST_WORD;
    int[] order = new int[ModelShape.VOCABULARY - first];
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < order.length; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = first + i;
    }
    for (int i = 0; i < order.length; i++) {
      previous[order[(i + 1) % order.length]] = order[i];
    }
  }

  /** The token before {@code token}, which is a word. */
  int previous(int token) {
    return previous[token];
  }
}
