package io.adaspec.runtime.model;

/** How rotary frequencies are stretched beyond the trained context. */
public sealed interface RopeScaling {
  /** Frequencies as trained. */
  record None() implements RopeScaling {}

  /** Every frequency divided by {@code factor} (position interpolation). */
  record Linear(float factor) implements RopeScaling {}

  /** Llama 3.1: low frequencies divided by {@code factor}, high ones kept, a ramp between. */
  record Llama3(
      float factor, float lowFrequencyFactor, float highFrequencyFactor, int originalContextTokens)
      implements RopeScaling {}

  /** Divisors given per frequency by the file's {@code rope_freqs.weight}; length headSize / 2. */
  record PerFrequency(float[] divisors) implements RopeScaling {
    public PerFrequency {
      divisors = divisors.clone();
    }

    @Override
    public float[] divisors() {
      return divisors.clone();
    }
  }
}
