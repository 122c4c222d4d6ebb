package io.adaspec.runtime.request;

/**
 * What holds for a request that does not say how to sample: what the model's makers recommend in
 * its file, and plain sampling where they say nothing.
 *
 * @param temperature as in {@link SamplingParams}
 * @param topK as in {@link SamplingParams}
 * @param topP as in {@link SamplingParams}
 * @param minP as in {@link SamplingParams}
 * @param repetitionPenalty as in {@link Penalties}
 */
public record SamplingDefaults(
    float temperature, int topK, float topP, float minP, float repetitionPenalty) {
  private static final SamplingDefaults PLAIN = new SamplingDefaults(1, 0, 1, 0, 1);

  public SamplingDefaults {
    // the same values are sound
    var _ = new SamplingParams(temperature, topK, topP, minP, 0);
    var _ = Penalties.ofRepetition(repetitionPenalty);
  }

  /** Temperature 1 over all tokens, as OpenAI's API has it. */
  public static SamplingDefaults plain() {
    return PLAIN;
  }
}
