package io.adaspec.runtime.model;

/**
 * Angles per position of the rotary embedding: {@code ω_i = θ^(−2i / ropeSize)}, stretched as the
 * configuration says.
 *
 * <p>Llama 3.1 keeps wavelengths {@code λ = 2π / ω} shorter than {@code context / high}, divides
 * those longer than {@code context / low} by the factor, and between the two blends by {@code s =
 * (context / λ − low) / (high − low)}: {@code ω · ((1 − s) / factor + s)}.
 */
public final class RopeFrequencies {
  private RopeFrequencies() {}

  /**
   * The frequencies of a model.
   *
   * @return [ropeSize / 2] radians per position
   * @throws ModelFormatException if the file gives divisors for another number of frequencies
   */
  public static float[] of(ModelConfig config) {
    float[] frequencies = new float[config.ropeSize() / 2];
    for (int i = 0; i < frequencies.length; i++) {
      double plain = Math.pow(config.ropeTheta(), -2.0 * i / config.ropeSize());
      frequencies[i] = (float) scaled(plain, i, frequencies.length, config.ropeScaling());
    }
    return frequencies;
  }

  private static double scaled(double plain, int index, int count, RopeScaling scaling) {
    return switch (scaling) {
      case RopeScaling.None() -> plain;
      case RopeScaling.Linear(float factor) -> plain / factor;
      case RopeScaling.Llama3 llama -> llama3(plain, llama);
      case RopeScaling.PerFrequency given -> {
        float[] divisors = given.divisors();
        if (divisors.length != count) {
          throw new ModelFormatException(
              "rope_freqs.weight has "
                  + divisors.length
                  + " divisors, the model rotates "
                  + count
                  + " pairs");
        }
        yield plain / divisors[index];
      }
    };
  }

  private static double llama3(double plain, RopeScaling.Llama3 scaling) {
    double turns = scaling.originalContextTokens() * plain / (2 * Math.PI);
    if (turns > scaling.highFrequencyFactor()) {
      return plain;
    }
    if (turns < scaling.lowFrequencyFactor()) {
      return plain / scaling.factor();
    }
    double blend =
        (turns - scaling.lowFrequencyFactor())
            / (scaling.highFrequencyFactor() - scaling.lowFrequencyFactor());
    return plain * ((1 - blend) / scaling.factor() + blend);
  }
}
