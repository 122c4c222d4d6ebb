package io.adaspec.runtime.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PenaltiesTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0    | 0    | 0    | 0    | repetition_penalty must be 0.01 to 100.0, not 0.0",
        "NaN  | 0    | 0    | 0    | repetition_penalty must be 0.01 to 100.0, not NaN",
        "1    | 2.5  | 0    | 0    | frequency_penalty must be -2.0 to 2.0, not 2.5",
        "1    | 0    | -3   | 0    | presence_penalty must be -2.0 to 2.0, not -3.0",
        "1    | 0    | 0    | 101  | logit_bias of token 7 must be -100.0 to 100.0, not 101.0",
        "1    | 0    | 0    | NaN  | logit_bias of token 7 must be -100.0 to 100.0, not NaN"
      })
  void namesWhatIsOutOfRangeAndTheRange(
      float repetition, float frequency, float presence, float bias, String error) {
    assertThatThrownBy(() -> new Penalties(repetition, frequency, presence, Map.of(7, bias)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(error);
  }

  @Test
  void refusesTokensThatCannotBeAndTooManyOfThem() {
    assertThatThrownBy(() -> new Penalties(1, 0, 0, Map.of(-1, 2f)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("token id -1");
    Map<Integer, Float> many = new HashMap<>();
    for (int token = 0; token <= Penalties.MOST_BIASES; token++) {
      many.put(token, 1f);
    }
    assertThatThrownBy(() -> new Penalties(1, 0, 0, many))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at most 300 tokens, not 301");
  }

  @Test
  void whatChangesNothingIsNoPenalty() {
    assertThat(new Penalties(1, 0, 0, Map.of(3, 0f, 4, -0f)).isNone()).isTrue();
    assertThat(new Penalties(1, 0, 0, Map.of(3, 0f, 4, 1f)).logitBias()).isEqualTo(Map.of(4, 1f));
    assertThat(Penalties.none().isNone()).isTrue();
    assertThat(Penalties.ofRepetition(1)).isEqualTo(Penalties.none());
    assertThat(Penalties.ofRepetition(1.1f).isNone()).isFalse();
    assertThat(Penalties.ofRepetition(0.01f).isNone()).isFalse();
    assertThat(new Penalties(1, 0.1f, 0, Map.of()).isNone()).isFalse();
    assertThat(new Penalties(1, 0, -0.1f, Map.of()).isNone()).isFalse();
  }
}
