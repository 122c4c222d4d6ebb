package io.adaspec.runtime.tensor;

/**
 * {@code exp(x)} in single precision, the same bits scalar and vectorised, relative error below
 * 2·10⁻⁷.
 *
 * <p>{@code x = n·ln 2 + r} with {@code |r| ≤ ln 2 / 2} and ln 2 in two parts; {@code exp(x) = 2ⁿ ·
 * p(r)}, p the Taylor polynomial of degree 7. Arguments are clamped to [{@value #LOWEST}, {@value
 * #HIGHEST}], so results are normal and finite.
 */
final class ExpPolynomial {
  static final float LOWEST = -87f;
  static final float HIGHEST = 88f;
  static final float LOG2_E = 0x1.715476p0f;
  static final float LN2_HIGH = 0x1.62e4p-1f;
  static final float LN2_LOW = 0x1.7f7d1cp-20f;

  /** Adding and subtracting it rounds to an integer; its low bits then are that integer. */
  static final float ROUND = 0x1.8p23f;

  static final int ROUND_BITS = 0x4B400000;

  static final float C7 = 1f / 5040;
  static final float C6 = 1f / 720;
  static final float C5 = 1f / 120;
  static final float C4 = 1f / 24;
  static final float C3 = 1f / 6;
  static final float C2 = 0.5f;

  private ExpPolynomial() {}

  static float exp(float argument) {
    float x = Math.min(Math.max(argument, LOWEST), HIGHEST);
    float shifted = Math.fma(x, LOG2_E, ROUND);
    float n = shifted - ROUND;
    float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, x));
    float p = Math.fma(C7, r, C6);
    p = Math.fma(p, r, C5);
    p = Math.fma(p, r, C4);
    p = Math.fma(p, r, C3);
    p = Math.fma(p, r, C2);
    p = Math.fma(p, r, 1f);
    p = Math.fma(p, r, 1f);
    int exponent = Float.floatToRawIntBits(shifted) - ROUND_BITS;
    return p * Float.intBitsToFloat((exponent + 127) << 23);
  }
}
