// Matrices in row-major half precision, for a library that multiplies them.
#include "weights.cuh"

// One of the four words of an output's eight elements, with the output's scale applied in single
// precision where the format has one.
template <class W>
DEVICE uint32_t scaled_pair(uint32_t pair, float scale) {
  if constexpr (W::SCALED) {
    uint32_t low = float_to_finite_half(half_to_float((uint16_t)pair) * scale);
    uint32_t high = float_to_finite_half(half_to_float((uint16_t)(pair >> 16)) * scale);
    return low | high << 16;
  }
  return pair;
}

// Undoes the order of weights.cuh: out[output][input], rows of whole chunks. BF16 and F16 keep their
// bits, quantised weights are rounded to F16. A warp per tile; grid: eight chunks by tiles.
template <class W>
DEVICE void expand_tiles(Global<const uint8_t> weights, Global<const uint16_t> scales, int outputs,
                         int chunks, Global<uint8_t> out) {
  int chunk = block_x() * (BLOCK / WARP) + thread_x() / WARP;
  if (chunk >= chunks) {
    return;
  }
  int lane = thread_x() % WARP;
  size_t tile = (size_t)block_y() * chunks + chunk;
  Fragment w = W::expand(W::read(weights, tile * W::TILE_BYTES, lane));
#pragma unroll
  for (int half = 0; half < 2; half++) {
    int in_tile = lane / 4 + 8 * half;
    int output = block_y() * TILE_OUTPUTS + in_tile;
    if (output < outputs) {
      float scale = 1;
      if constexpr (W::SCALED) {
        scale = half_to_float(scales[tile * TILE_OUTPUTS + in_tile]);
      }
      Words4 row{scaled_pair<W>(w.first[half], scale), scaled_pair<W>(w.first[2 + half], scale),
                 scaled_pair<W>(w.second[half], scale), scaled_pair<W>(w.second[2 + half], scale)};
      store<Words4>(out, ((size_t)output * chunks + chunk) * 64 + lane % 4 * 16, row);
    }
  }
}

#define EXPAND_KERNEL(name, W)                                                                         \
  KERNEL(BLOCK) expand_##name(Global<const uint8_t> weights, Global<const uint16_t> scales, int outputs, \
                              int chunks, Global<uint8_t> out) {                                       \
    expand_tiles<W>(weights, scales, outputs, chunks, out);                                            \
  }

EXPAND_KERNEL(f16, HalfWeights)
EXPAND_KERNEL(bf16, BfloatWeights)
EXPAND_KERNEL(q8_0, Q8Weights)
EXPAND_KERNEL(q4_0, Q4Weights)
