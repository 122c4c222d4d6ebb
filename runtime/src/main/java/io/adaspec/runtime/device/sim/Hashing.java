package io.adaspec.runtime.device.sim;

/** Counter-based randomness: a bijective mix of 64 bits (the finaliser of SplitMix64). */
final class Hashing {
  private Hashing() {}

  static long mix(long value) {
    long z = value + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** Uniform in [0, 1). */
  static double unit(long value) {
    return (mix(value) >>> 11) * 0x1.0p-53;
  }

  /** Standard normal (Box and Muller). */
  static double normal(long value) {
    long first = mix(value);
    double radius = Math.sqrt(-2 * Math.log(((first >>> 11) + 0.5) * 0x1.0p-53));
    return radius * Math.cos(2 * Math.PI * unit(first));
  }
}
