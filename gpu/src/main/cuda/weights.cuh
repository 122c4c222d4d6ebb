// How weight matrices lie in device memory.
//
// F32 matrices are row-major, a row padded with zeros to a multiple of 32 columns. All others are cut
// into tiles of 16 outputs by 32 inputs, tile after tile along the inputs, in the order in which the
// lanes of a warp feed them to the matrix instruction: lane (g, t) = (lane / 4, lane % 4) holds inputs
// 8t to 8t+7 of outputs g and g+8. So a warp reads a tile as one contiguous stretch. Which input is
// which k of the instruction is free as long as activations agree, and they do: lane (g, t) reads
// inputs 8t to 8t+7 of activation row g.
//
//   F16, BF16  1024 bytes: [2 outputs g, g+8][lane][8 elements]
//   Q8_0        512 bytes: [lane][2 outputs][8 bytes], and 16 scales (F16)
//   Q4_0        256 bytes: [lane][2 outputs][4 bytes], and 16 scales (F16); of the four bytes, bits
//               4p to 4p+3 hold element 2p and bits 16+4p to 19+4p element 2p+1
#pragma once

#include "pass.cuh"

enum WeightFormat { WEIGHT_F32 = 0, WEIGHT_F16 = 1, WEIGHT_BF16 = 2, WEIGHT_Q8_0 = 3, WEIGHT_Q4_0 = 4 };

constexpr int TILE_OUTPUTS = 16;
constexpr int TILE_INPUTS = 32;

// Two outputs by 32 inputs of one lane, ready for two matrix instructions; scales apply afterwards.
struct Fragment {
  uint32_t first[4];
  uint32_t second[4];
};

struct HalfWeights {
  static constexpr int TILE_BYTES = 1024;
  static constexpr bool SCALED = false;
  static constexpr bool BFLOAT = false;
  struct Raw {
    Words4 low, high;
  };
  template <class M>
  static DEVICE Raw read(M tile, size_t at, int lane) {
    return Raw{load_once<Words4>(tile, at + 16 * lane), load_once<Words4>(tile, at + 512 + 16 * lane)};
  }
  static DEVICE Raw read_shared(const unsigned char* tile, int lane) {
    return Raw{*reinterpret_cast<const Words4*>(tile + 16 * lane),
               *reinterpret_cast<const Words4*>(tile + 512 + 16 * lane)};
  }
  static DEVICE Fragment expand(const Raw& raw) {
    return Fragment{{raw.low.x, raw.high.x, raw.low.y, raw.high.y},
                    {raw.low.z, raw.high.z, raw.low.w, raw.high.w}};
  }
};

struct BfloatWeights : HalfWeights {
  static constexpr bool BFLOAT = true;
};

struct Q8Weights {
  static constexpr int TILE_BYTES = 512;
  static constexpr bool SCALED = true;
  static constexpr bool BFLOAT = false;
  struct Raw {
    Words4 words;
  };
  template <class M>
  static DEVICE Raw read(M tile, size_t at, int lane) {
    return Raw{load_once<Words4>(tile, at + 16 * lane)};
  }
  static DEVICE Raw read_shared(const unsigned char* tile, int lane) {
    return Raw{*reinterpret_cast<const Words4*>(tile + 16 * lane)};
  }
  // Byte q becomes the half 1024 + (q + 128) by its bits, then 1152 is taken off: exact.
  static DEVICE uint32_t pair(uint32_t biased, uint32_t selector) {
    return half2_subtract(select_bytes(biased, 0x64646464u, selector), 0x64806480u);
  }
  static DEVICE Fragment expand(const Raw& raw) {
    uint32_t a = raw.words.x ^ 0x80808080u;
    uint32_t b = raw.words.y ^ 0x80808080u;
    uint32_t c = raw.words.z ^ 0x80808080u;
    uint32_t d = raw.words.w ^ 0x80808080u;
    return Fragment{{pair(a, 0x4140), pair(c, 0x4140), pair(a, 0x4342), pair(c, 0x4342)},
                    {pair(b, 0x4140), pair(d, 0x4140), pair(b, 0x4342), pair(d, 0x4342)}};
  }
};

struct Q4Weights {
  static constexpr int TILE_BYTES = 256;
  static constexpr bool SCALED = true;
  static constexpr bool BFLOAT = false;
  struct Raw {
    Words2 words;
  };
  template <class M>
  static DEVICE Raw read(M tile, size_t at, int lane) {
    return Raw{load_once<Words2>(tile, at + 8 * lane)};
  }
  static DEVICE Raw read_shared(const unsigned char* tile, int lane) {
    return Raw{*reinterpret_cast<const Words2*>(tile + 8 * lane)};
  }
  // Nibble q becomes the half 1024 + q by its bits, then 1032 is taken off: exact.
  static DEVICE uint32_t pair(uint32_t word, int shift) {
    return half2_subtract(((word >> shift) & 0x000F000Fu) | 0x64006400u, 0x64086408u);
  }
  static DEVICE Fragment expand(const Raw& raw) {
    uint32_t a = raw.words.x;
    uint32_t b = raw.words.y;
    return Fragment{{pair(a, 0), pair(b, 0), pair(a, 4), pair(b, 4)},
                    {pair(a, 8), pair(b, 8), pair(a, 12), pair(b, 12)}};
  }
};

// Bytes of a tile without its scales; 0 for F32.
DEVICE int tile_bytes(int format) {
  switch (format) {
    case WEIGHT_F16:
    case WEIGHT_BF16:
      return HalfWeights::TILE_BYTES;
    case WEIGHT_Q8_0:
      return Q8Weights::TILE_BYTES;
    case WEIGHT_Q4_0:
      return Q4Weights::TILE_BYTES;
    default:
      return 0;
  }
}

// One dequantised weight.
DEVICE float weight_at(Global<const uint8_t> data, Global<const uint16_t> scales, int format, int chunks,
                       int output, int input) {
  size_t tile = (size_t)(output / TILE_OUTPUTS) * chunks + input / TILE_INPUTS;
  int lane = output % 8 * 4 + input % TILE_INPUTS / 8;
  int half = output % TILE_OUTPUTS / 8;
  int element = input % 8;
  size_t at = tile * tile_bytes(format);
  switch (format) {
    case WEIGHT_F32:
      return load<float>(data, 4 * ((size_t)output * chunks * TILE_INPUTS + input));
    case WEIGHT_F16:
      return half_to_float(load<uint16_t>(data, at + 512 * half + 16 * lane + 2 * element));
    case WEIGHT_BF16:
      return bfloat_to_float(load<uint16_t>(data, at + 512 * half + 16 * lane + 2 * element));
    case WEIGHT_Q8_0: {
      int8_t q = (int8_t)data[at + 16 * lane + 8 * half + element];
      return half_to_float(scales[tile * TILE_OUTPUTS + output % TILE_OUTPUTS]) * q;
    }
    default: {
      uint32_t word = load<uint32_t>(data, at + 8 * lane + 4 * half);
      int q = (int)(word >> (element / 2 * 4 + element % 2 * 16) & 15) - 8;
      return half_to_float(scales[tile * TILE_OUTPUTS + output % TILE_OUTPUTS]) * q;
    }
  }
}
