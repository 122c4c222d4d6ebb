package io.adaspec.runtime.tensor;

/** Conversions of 16-bit floats to 32 bits, exact; F16 values must be finite. */
final class HalfFloats {
  /** 2^112: the ratio of the exponent biases of F32 and F16. */
  static final float F16_REBIAS = 0x1p112f;

  /** Sign, five exponent bits and mantissa of an F16 after sign extension and a shift by 13. */
  static final int F16_MASK = 0x8FFFE000;

  private HalfFloats() {}

  static float f16(short bits) {
    return Float.intBitsToFloat((bits << 13) & F16_MASK) * F16_REBIAS;
  }

  static float bf16(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  static boolean isFiniteF16(short bits) {
    return (bits & 0x7C00) != 0x7C00;
  }
}
