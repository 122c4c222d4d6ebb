package io.adaspec.runtime.simulation;

import io.adaspec.runtime.sampling.CounterRng;

/** A sequence of random numbers that a seed and a name determine. Not thread-safe. */
final class Draws {
  private final long stream;
  private int next;

  Draws(long seed, String name) {
    this.stream = CounterRng.stream(seed, name.hashCode(), CounterRng.Purpose.TOKEN);
  }

  /** Uniform, strictly between 0 and 1. */
  double uniform() {
    return CounterRng.uniform(stream, next++);
  }

  /** Uniform in 0 to {@code bound} − 1. */
  int below(int bound) {
    return (int) (uniform() * bound);
  }

  /** Standard normal (Box and Muller). */
  double normal() {
    return Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  }

  /** Log-normal of that mean and coefficient of variation. */
  double logNormal(double mean, double cv) {
    double variance = Math.log1p(cv * cv);
    return mean * Math.exp(Math.sqrt(variance) * normal() - variance / 2);
  }

  /** Gamma of that mean and coefficient of variation (Marsaglia and Tsang 2000). */
  double gamma(double mean, double cv) {
    double shape = 1 / (cv * cv);
    double boosted = shape < 1 ? shape + 1 : shape;
    double d = boosted - 1.0 / 3;
    double c = 1 / Math.sqrt(9 * d);
    while (true) {
      double x = normal();
      double v = Math.pow(1 + c * x, 3);
      if (v > 0 && Math.log(uniform()) < x * x / 2 + d - d * v + d * Math.log(v)) {
        double boost = shape < 1 ? Math.pow(uniform(), 1 / shape) : 1;
        return mean / shape * d * v * boost;
      }
    }
  }
}
