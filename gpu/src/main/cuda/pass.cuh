// What all kernels of a pass share: the counts of the pass, element types, exponentials, and sums
// over a block in an order that depends on nothing but the block.
//
// Grids are as large as the row bucket of their CUDA graph. The true counts lie in device memory, so
// one graph serves every batch of its bucket; blocks beyond the count return at once.
#pragma once

#include "portable.cuh"

// Indices into the counts at the head of a pass. Behind these come rows before, in and after a
// stretch of prefill, which products get as their count index.
enum PassCount { PASS_ROWS = 0, PASS_LOGIT_ROWS = 1, PASS_TASKS = 2 };

// Storage of one element of activations or of keys and values.
enum ElementType { ELEMENT_F32 = 0, ELEMENT_F16 = 1, ELEMENT_BF16 = 2 };

constexpr int WARP = 32;
constexpr int BLOCK = 256;

DEVICE void store_element(Global<uint8_t> memory, size_t index, int type, float value) {
  if (type == ELEMENT_F32) {
    store<float>(memory, 4 * index, value);
  } else {
    uint16_t bits = type == ELEMENT_F16 ? float_to_finite_half(value) : float_to_bfloat(value);
    store<uint16_t>(memory, 2 * index, bits);
  }
}

// exp(x) in single precision, relative error below 2e-7: x = n ln 2 + r, 2^n times the Taylor
// polynomial of degree 7 at r; the argument is clamped to [-87, 88],
// and NaN stays NaN.
DEVICE float exp_single(float argument) {
  float x = argument < -87.0f ? -87.0f : argument > 88.0f ? 88.0f : argument;
  float shifted = fmaf(x, 0x1.715476p0f, 0x1.8p23f);
  float n = shifted - 0x1.8p23f;
  float r = fmaf(n, -0x1.7f7d1cp-20f, fmaf(n, -0x1.62e4p-1f, x));
  float p = fmaf(1.0f / 5040, r, 1.0f / 720);
  p = fmaf(p, r, 1.0f / 120);
  p = fmaf(p, r, 1.0f / 24);
  p = fmaf(p, r, 1.0f / 6);
  p = fmaf(p, r, 0.5f);
  p = fmaf(p, r, 1.0f);
  p = fmaf(p, r, 1.0f);
  return p * bits_to_float((float_to_bits(shifted) - 0x4B400000u + 127u) << 23);
}

template <class T>
DEVICE T warp_sum(T value) {
  for (int mask = WARP / 2; mask > 0; mask /= 2) {
    value += shuffle_xor(value, mask);
  }
  return value;
}

DEVICE float warp_max(float value) {
  for (int mask = WARP / 2; mask > 0; mask /= 2) {
    value = fmaxf(value, shuffle_xor(value, mask));
  }
  return value;
}

// The sum over the BLOCK threads of a block, the same in every thread. `scratch` has a cell per
// warp; a block may use it again after its next barrier.
template <class T>
DEVICE T block_sum(T value, T* scratch) {
  T sum = warp_sum(value);
  if (thread_x() % WARP == 0) {
    scratch[thread_x() / WARP] = sum;
  }
  block_barrier();
  T total = scratch[0];
  for (int warp = 1; warp < BLOCK / WARP; warp++) {
    total += scratch[warp];
  }
  return total;
}
