// How keys and values are read, by their element type.
#pragma once

#include "pass.cuh"

// Consecutive elements of keys or values: 16, 8 or 4 bytes at once.
struct KvF32 {
  static DEVICE void read8(Global<const uint8_t> kv, size_t element, float out[8]) {
    read4(kv, element, out);
    read4(kv, element + 4, out + 4);
  }
  static DEVICE void read4(Global<const uint8_t> kv, size_t element, float out[4]) {
    Words4 w = load<Words4>(kv, 4 * element);
    out[0] = bits_to_float(w.x);
    out[1] = bits_to_float(w.y);
    out[2] = bits_to_float(w.z);
    out[3] = bits_to_float(w.w);
  }
  static DEVICE void read2(Global<const uint8_t> kv, size_t element, float out[2]) {
    Words2 w = load<Words2>(kv, 4 * element);
    out[0] = bits_to_float(w.x);
    out[1] = bits_to_float(w.y);
  }
};

// Elements of 16 bits, two in a word.
template <class Pair>
struct KvHalves {
  static DEVICE void read8(Global<const uint8_t> kv, size_t element, float out[8]) {
    Words4 w = load<Words4>(kv, 2 * element);
    Pair::expand(w.x, out);
    Pair::expand(w.y, out + 2);
    Pair::expand(w.z, out + 4);
    Pair::expand(w.w, out + 6);
  }
  static DEVICE void read4(Global<const uint8_t> kv, size_t element, float out[4]) {
    Words2 w = load<Words2>(kv, 2 * element);
    Pair::expand(w.x, out);
    Pair::expand(w.y, out + 2);
  }
  static DEVICE void read2(Global<const uint8_t> kv, size_t element, float out[2]) {
    Pair::expand(load<uint32_t>(kv, 2 * element), out);
  }
};

struct PairF16 {
  static DEVICE void expand(uint32_t word, float out[2]) {
    out[0] = half_to_float((uint16_t)word);
    out[1] = half_to_float((uint16_t)(word >> 16));
  }
};
struct PairBF16 {
  static DEVICE void expand(uint32_t word, float out[2]) {
    out[0] = bits_to_float(word << 16);
    out[1] = bits_to_float(word & 0xFFFF0000u);
  }
};
using KvF16 = KvHalves<PairF16>;
using KvBF16 = KvHalves<PairBF16>;
