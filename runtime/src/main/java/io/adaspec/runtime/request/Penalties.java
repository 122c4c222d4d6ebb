package io.adaspec.runtime.request;

import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a request wants changed about the target's logits before they are transformed, greedy or
 * sampled: penalties of tokens that occurred, and biases of tokens that it names.
 *
 * <p>A logit z of a token that occurs n times in the output so far becomes, in this order and in
 * single precision: {@code z / repetition} if positive, else {@code z · repetition}, where the
 * token occurs in prompt or output (Keskar et al. 2019, and Hugging Face); {@code z − n ·
 * frequency}; {@code z − presence} where n &gt; 0; {@code z + bias} (all three as in OpenAI's API).
 * vLLM has the same order.
 *
 * @param repetition {@value #LEAST_REPETITION} to {@value #MOST_REPETITION}; 1 changes nothing
 * @param frequency −{@value #MOST} to {@value #MOST}; 0 changes nothing
 * @param presence likewise
 * @param logitBias by token id, each −{@value #MOST_BIAS} to {@value #MOST_BIAS}; at most {@value
 *     #MOST_BIASES}, of which those that are 0 are left out
 */
public record Penalties(
    float repetition, float frequency, float presence, Map<Integer, Float> logitBias) {
  public static final double LEAST_REPETITION = 0.01;
  public static final double MOST_REPETITION = 100;

  /** Bound of the frequency and the presence penalty. */
  public static final float MOST = 2;

  public static final float MOST_BIAS = 100;
  public static final int MOST_BIASES = 300;

  private static final Penalties NONE = new Penalties(1, 0, 0, Map.of());

  public Penalties {
    if (!(repetition >= (float) LEAST_REPETITION && repetition <= MOST_REPETITION)) {
      throw new IllegalArgumentException(
          "repetition_penalty must be "
              + LEAST_REPETITION
              + " to "
              + MOST_REPETITION
              + ", not "
              + repetition
              + "; 1 changes nothing");
    }
    requireWithin("frequency_penalty", frequency, MOST);
    requireWithin("presence_penalty", presence, MOST);
    if (logitBias.size() > MOST_BIASES) {
      throw new IllegalArgumentException(
          "logit_bias has at most " + MOST_BIASES + " tokens, not " + logitBias.size());
    }
    logitBias.forEach(
        (token, bias) -> {
          if (token < 0) {
            throw new IllegalArgumentException("logit_bias names token id " + token);
          }
          requireWithin("logit_bias of token " + token, bias, MOST_BIAS);
        });
    logitBias =
        logitBias.containsValue(0f) || logitBias.containsValue(-0f)
            ? withoutZeros(logitBias)
            : Map.copyOf(logitBias);
  }

  private static void requireWithin(String name, float value, float most) {
    if (!(value >= -most && value <= most)) {
      throw new IllegalArgumentException(
          name + " must be " + -most + " to " + most + ", not " + value + "; 0 changes nothing");
    }
  }

  private static Map<Integer, Float> withoutZeros(Map<Integer, Float> logitBias) {
    return logitBias.entrySet().stream()
        .filter(each -> each.getValue() != 0)
        .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  /** Nothing is changed. */
  public static Penalties none() {
    return NONE;
  }

  /** A repetition penalty alone. */
  public static Penalties ofRepetition(float repetition) {
    return repetition == 1 ? NONE : new Penalties(repetition, 0, 0, Map.of());
  }

  public boolean isNone() {
    return !countsPrompt() && !countsOutput() && logitBias.isEmpty();
  }

  /** Whether tokens of the prompt matter. */
  public boolean countsPrompt() {
    return repetition != 1;
  }

  /** Whether tokens of the output matter. */
  public boolean countsOutput() {
    return repetition != 1 || frequency != 0 || presence != 0;
  }
}
