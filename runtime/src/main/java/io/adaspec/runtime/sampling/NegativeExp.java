package io.adaspec.runtime.sampling;

/**
 * {@code exp(x)} for {@code x ≤ 0}, the same bits on every machine and several times faster than
 * {@link Math#exp}.
 *
 * <p>{@code x = n·ln 2 + r}, {@code |r| ≤ ln 2 / 2}; {@code exp(x) = 2ⁿ · p(r)} with the Taylor
 * polynomial of degree 8 (relative error below 3·10⁻¹⁰). Below {@value #FLOOR} it is 0: no token
 * that unlikely can win against the most likely one, since noise has 53 bits.
 */
final class NegativeExp {
  static final double FLOOR = -64;

  private static final double LOG2_E = 1.4426950408889634;
  private static final double LN_2 = 0.6931471805599453;
  private static final double ROUND = 0x1.8p52;
  private static final double BITS_PER_NAT = LOG2_E * 0x1p52;

  /** The exponent's bias, and more than all rounding errors here and in {@link #of}. */
  private static final double BIAS_BITS = (1023 + 1e-8) * 0x1p52;

  private NegativeExp() {}

  static double of(double x) {
    if (!(x >= FLOOR)) {
      return 0;
    }
    double shifted = x * LOG2_E + ROUND;
    double n = shifted - ROUND;
    double r = x - n * LN_2;
    double p = 1.0 / 40320;
    p = p * r + 1.0 / 5040;
    p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 0.5;
    p = p * r + 1;
    p = p * r + 1;
    return p * Double.longBitsToDouble((1023 + (long) n) << 52);
  }

  /**
   * A number that is at least {@link #of}, at most 6.2 % more while that is not 0, and costs a
   * fraction of it: the bits of {@code 2^y} with the mantissa linear in y. May be negative below
   * {@value #FLOOR}.
   */
  static double atMost(double x) {
    return Double.longBitsToDouble((long) (x * BITS_PER_NAT + BIAS_BITS));
  }
}
