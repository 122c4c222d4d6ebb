// The chance of a token: its uniform number and its weight, operation by operation as in the runtime's
// CounterRng, NegativeExp and StrictMath.
#pragma once

#include "pass.cuh"

DEVICE uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

// The stream of the token at a position; `root` is what all streams of a seed share.
DEVICE uint64_t stream_of(uint64_t root, int position) {
  return mix(root + (uint64_t)position * 0x8CB92BA72F3D8DD7ull);
}

// The uniform number of a token: strictly between 0 and 1, on a grid of 2^-53.
DEVICE double uniform(uint64_t stream, int token) {
  uint64_t bits = mix(stream + ((uint64_t)token + 1) * 0x9E3779B97F4A7C15ull);
  return ((double)(bits >> 11) + 0.5) * 0x1p-53;
}

// exp(x) for x <= 0, 0 below -64; the runtime's NegativeExp operation by operation.
DEVICE double negative_exp(double x) {
  if (!(x >= -64.0)) {
    return 0;
  }
  double n = x * 1.4426950408889634 + 0x1.8p52 - 0x1.8p52;
  double r = x - n * 0.6931471805599453;
  double p = 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  p = p * r + 1;
  p = p * r + 1;
  return p * bits_to_double((1023 + (int64_t)n) << 52);
}

DEVICE int high_word(double value) { return (int)(double_to_bits(value) >> 32); }
DEVICE double with_high_word(double value, int high) {
  return bits_to_double(((int64_t)high << 32) | (double_to_bits(value) & 0xFFFFFFFFll));
}

// log(1 + x) for -1 < x <= -2^-54 with the roundings of fdlibm, which Java's StrictMath prescribes:
// 1 + x = 2^k (1 + f), sqrt(1/2) < 1 + f < sqrt(2), then a polynomial in s = f / (2 + f).
DEVICE double log1p_strict(double x) {
  const double ln2_high = 6.93147180369123816490e-01;
  const double ln2_low = 1.90821492927058770002e-10;
  int magnitude = high_word(x) & 0x7FFFFFFF;
  if (magnitude < 0x3C900000) {
    return x;
  }
  if (magnitude < 0x3E200000) {
    return x - x * x * 0.5;
  }
  int k = 0;
  int mantissa = 1;
  double f = x;
  double c = 0;
  if (magnitude > 0x3FD2BEC3) {
    double u = 1.0 + x;
    mantissa = high_word(u);
    k = (mantissa >> 20) - 1023;
    c = (x - (u - 1.0)) / u;
    mantissa &= 0x000FFFFF;
    if (mantissa < 0x6A09E) {
      u = with_high_word(u, mantissa | 0x3FF00000);
    } else {
      k++;
      u = with_high_word(u, mantissa | 0x3FE00000);
      mantissa = (0x00100000 - mantissa) >> 2;
    }
    f = u - 1.0;
  }
  double half_square = 0.5 * f * f;
  if (mantissa == 0) {
    if (f == 0) {
      return k * ln2_high + (c + k * ln2_low);
    }
    double rest = half_square * (1.0 - 0.66666666666666666 * f);
    return k * ln2_high - ((rest - (k * ln2_low + c)) - f);
  }
  double s = f / (2.0 + f);
  double z = s * s;
  double rest = z * 1.479819860511658591e-01;
  rest = z * (1.531383769920937332e-01 + rest);
  rest = z * (1.818357216161805012e-01 + rest);
  rest = z * (2.222219843214978396e-01 + rest);
  rest = z * (2.857142874366239149e-01 + rest);
  rest = z * (3.999999999940941908e-01 + rest);
  rest = z * (6.666666666666735130e-01 + rest);
  if (k == 0) {
    return f - (half_square - s * (half_square + rest));
  }
  return k * ln2_high - ((half_square - (s * (half_square + rest) + (k * ln2_low + c))) - f);
}
