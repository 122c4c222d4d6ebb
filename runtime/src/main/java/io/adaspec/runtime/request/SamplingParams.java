package io.adaspec.runtime.request;

/**
 * How the next token is chosen from the target's logits. Applied in this order: penalties,
 * temperature, top-k, top-p, min-p.
 *
 * @param temperature 0 is greedy (of the other fields only penalties have an effect then); at most
 *     100
 * @param topK keep the k most likely tokens; 0 keeps all
 * @param topP keep the smallest set of most likely tokens whose probability reaches this; 1 keeps
 *     all
 * @param minP drop tokens less likely than this share of the most likely one; 0 drops none
 * @param seed all randomness of the request derives from it
 * @param penalties what is changed about the logits first
 */
public record SamplingParams(
    float temperature, int topK, float topP, float minP, long seed, Penalties penalties) {
  private static final float MAX_TEMPERATURE = 100;

  public SamplingParams {
    if (!(temperature >= 0 && temperature <= MAX_TEMPERATURE)) {
      throw new IllegalArgumentException(
          "temperature must be 0 to " + MAX_TEMPERATURE + ", not " + temperature);
    }
    if (topK < 0) {
      throw new IllegalArgumentException(
          "top_k must not be negative, is " + topK + "; 0 keeps all tokens");
    }
    if (!(topP > 0 && topP <= 1)) {
      throw new IllegalArgumentException("top_p must be above 0 and at most 1, not " + topP);
    }
    if (!(minP >= 0 && minP <= 1)) {
      throw new IllegalArgumentException("min_p must be 0 to 1, not " + minP);
    }
  }

  /** Without penalties. */
  public SamplingParams(float temperature, int topK, float topP, float minP, long seed) {
    this(temperature, topK, topP, minP, seed, Penalties.none());
  }

  /** The most likely token, always. */
  public static SamplingParams greedy() {
    return new SamplingParams(0, 0, 1, 0, 0);
  }

  /** Plain sampling at a temperature. */
  public static SamplingParams of(float temperature, long seed) {
    return new SamplingParams(temperature, 0, 1, 0, seed);
  }

  /** The same with penalties. */
  public SamplingParams with(Penalties changed) {
    return new SamplingParams(temperature, topK, topP, minP, seed, changed);
  }

  public boolean isGreedy() {
    return temperature == 0;
  }
}
