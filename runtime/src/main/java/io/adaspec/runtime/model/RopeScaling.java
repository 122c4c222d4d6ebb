package io.adaspec.runtime.model;

/** How rotary frequencies are stretched beyond the trained context. */
public sealed interface RopeScaling {
  /** Frequencies as trained. */
  record None() implements RopeScaling {}

  /** Every frequency divided by {@code factor} (position interpolation). */
  record Linear(float factor) implements RopeScaling {
    public Linear {
      requirePositive("factor", factor);
    }
  }

  /** Llama 3.1: low frequencies divided by {@code factor}, high ones kept, a ramp between. */
  record Llama3(
      float factor, float lowFrequencyFactor, float highFrequencyFactor, int originalContextTokens)
      implements RopeScaling {
    public Llama3 {
      requirePositive("factor", factor);
      requirePositive("low_freq_factor", lowFrequencyFactor);
      requirePositive("high_freq_factor", highFrequencyFactor);
      requirePositive("original_max_position_embeddings", originalContextTokens);
      if (lowFrequencyFactor >= highFrequencyFactor) {
        throw new ModelFormatException(
            "rope scaling needs low_freq_factor "
                + lowFrequencyFactor
                + " below high_freq_factor "
                + highFrequencyFactor);
      }
    }
  }

  /** Divisors given per frequency by the file's {@code rope_freqs.weight}; length headSize / 2. */
  record PerFrequency(float[] divisors) implements RopeScaling {
    public PerFrequency {
      divisors = divisors.clone();
      for (float divisor : divisors) {
        requirePositive("divisor", divisor);
      }
    }

    @Override
    public float[] divisors() {
      return divisors.clone();
    }
  }

  private static void requirePositive(String what, float value) {
    if (!(value > 0) || Float.isInfinite(value)) {
      throw new ModelFormatException("rope scaling needs a positive " + what + ", not " + value);
    }
  }
}
