package io.adaspec.benchmarks.engine;

import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.TokenIds;
import io.adaspec.runtime.text.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Sequences that decode together to a fixed length.
 *
 * @param sequences how many
 * @param promptTokens of each
 * @param outputTokens of each
 */
record Workload(int sequences, int promptTokens, int outputTokens) {
  /** The requests; the same for every {@code round} of the same number. */
  List<InferenceRequest> requests(Tokenizer tokenizer, int round, long nowNanos) {
    SplittableRandom random = new SplittableRandom(round);
    List<InferenceRequest> requests = new ArrayList<>();
    for (int i = 0; i < sequences; i++) {
      int[] prompt = random.ints(promptTokens, 3, tokenizer.vocabularySize()).toArray();
      String id = "round-" + round + "-" + i;
      requests.add(
          InferenceRequest.builder(id, TokenIds.of(prompt), outputTokens, nowNanos).build());
    }
    return requests;
  }
}
