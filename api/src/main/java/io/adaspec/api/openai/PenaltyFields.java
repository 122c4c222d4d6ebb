package io.adaspec.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adaspec.api.http.ApiException;
import io.adaspec.api.http.JsonFields;
import io.adaspec.runtime.request.Penalties;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Reads {@code frequency_penalty}, {@code presence_penalty} and {@code logit_bias} of OpenAI's API,
 * and vLLM's {@code repetition_penalty}. llama.cpp's {@code repeat_penalty} is another one, of the
 * last tokens alone.
 */
final class PenaltyFields {
  static final String LOGIT_BIAS = "logit_bias";

  /** Every id has at most as many digits. */
  private static final int MOST_DIGITS = 9;

  private PenaltyFields() {}

  /**
   * Reads and checks the fields.
   *
   * @param repetition for requests that say nothing about it
   */
  static Penalties read(JsonFields fields, float repetition) {
    return new Penalties(
        (float)
            fields
                .number("repetition_penalty", Penalties.LEAST_REPETITION, Penalties.MOST_REPETITION)
                .orElse(repetition),
        (float) fields.number("frequency_penalty", -Penalties.MOST, Penalties.MOST).orElse(0),
        (float) fields.number("presence_penalty", -Penalties.MOST, Penalties.MOST).orElse(0),
        logitBias(fields));
  }

  private static Map<Integer, Float> logitBias(JsonFields fields) {
    Optional<ObjectNode> biases = fields.object(LOGIT_BIAS).map(JsonFields::node);
    if (biases.isEmpty()) {
      return Map.of();
    }
    if (biases.get().size() > Penalties.MOST_BIASES) {
      throw fields.invalid(
          LOGIT_BIAS,
          "has at most " + Penalties.MOST_BIASES + " tokens, not " + biases.get().size());
    }
    Map<Integer, Float> byToken = new HashMap<>();
    for (Map.Entry<String, JsonNode> bias : biases.get().properties()) {
      JsonNode value = bias.getValue();
      if (!isTokenId(bias.getKey())
          || !value.isNumber()
          || !(Math.abs(value.doubleValue()) <= Penalties.MOST_BIAS)) {
        throw invalidBias(fields);
      }
      byToken.put(Integer.valueOf(bias.getKey()), value.floatValue());
    }
    return byToken;
  }

  private static boolean isTokenId(String text) {
    return !text.isEmpty()
        && text.length() <= MOST_DIGITS
        && text.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private static ApiException invalidBias(JsonFields fields) {
    return fields.invalid(
        LOGIT_BIAS,
        "must be an object of token ids with numbers from "
            + -Penalties.MOST_BIAS
            + " to "
            + Penalties.MOST_BIAS
            + ", as in {\"50\": -100}; /tokenize tells the ids of a text");
  }
}
