package io.adaspec.runtime.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.adaspec.runtime.request.InferenceRequest;
import io.adaspec.runtime.request.TokenIds;
import org.junit.jupiter.api.Test;

class SequenceTest {
  @Test
  void roomForOutputDoublesWhateverTheLimit() {
    Sequence sequence =
        new Sequence(
            InferenceRequest.builder("a", TokenIds.of(1, 2, 3, 4), Integer.MAX_VALUE, 0).build());
    sequence.append(new int[65], 65, 0);
    assertThat(sequence.tokens().length).isEqualTo(69);
    sequence.append(new int[1], 1, 0);
    assertThat(sequence.tokens().length).isEqualTo(138);
  }
}
