// The host side of portable.cuh: the same names, by fibers and checked memory.
#pragma once

#include <cmath>
#include <cstring>
#include <string>

#include "fibers.h"
#include "memory.h"

#define DEVICE inline
#define KERNEL(threads) static void
#define KERNEL_OF(threads, blocks) static void
#define SHARED static thread_local
#define DYNAMIC_SHARED(name) unsigned char* name = ::emulation::dynamic_shared()

// A pointer into device memory that checks every access against its allocation.
template <class T>
class Global {
 public:
  Global() = default;
  explicit Global(uintptr_t address) : base_(address), region_(emulation::find_region(address)) {}

  T& operator[](size_t index) const { return *reinterpret_cast<T*>(check(index * sizeof(T), sizeof(T), alignof(T))); }

  // The address of `size` bytes at a byte offset; throws as a GPU would.
  uintptr_t check(size_t byte, size_t size, size_t alignment) const {
    uintptr_t address = base_ + byte;
    if (region_ == nullptr || address < region_->begin || address + size > region_->end) {
      throw emulation::KernelFault(700, "access of " + std::to_string(size) + " bytes at byte " +
                                            std::to_string((long long)byte) + " outside of an allocation of " +
                                            std::to_string(region_ ? region_->end - region_->begin : 0));
    }
    if (address % alignment != 0) {
      throw emulation::KernelFault(716, "misaligned access of " + std::to_string(size) + " bytes");
    }
    return address;
  }

 private:
  uintptr_t base_ = 0;
  const emulation::Region* region_ = nullptr;
};

inline int thread_x() { return emulation::thread_index(); }
inline int block_x() { return emulation::grid_place().block_x; }
inline int block_y() { return emulation::grid_place().block_y; }
inline int block_z() { return emulation::grid_place().block_z; }
inline int grid_x() { return emulation::grid_place().grid_x; }
inline int grid_z() { return emulation::grid_place().grid_z; }
inline void block_barrier() { emulation::block_wait(); }

template <class T>
inline T exchange_xor(T value, int mask) {
  uint32_t words[2] = {};
  std::memcpy(words, &value, sizeof(T));
  const uint32_t* all = emulation::exchange(words, sizeof(T) / 4);
  int from = (thread_x() % emulation::WARP_LANES) ^ mask;
  T result;
  std::memcpy(&result, all + from * emulation::EXCHANGE_WORDS, sizeof(T));
  return result;
}
inline float shuffle_xor(float value, int mask) { return exchange_xor(value, mask); }
inline double shuffle_xor(double value, int mask) { return exchange_xor(value, mask); }
inline int shuffle_xor(int value, int mask) { return exchange_xor(value, mask); }

// Threads of a block never run at the same time; threads of two blocks may.
inline void shared_add(unsigned long long* cell, unsigned long long value) { *cell += value; }
inline void global_or(int* cell, int value) { __atomic_fetch_or(cell, value, __ATOMIC_RELAXED); }

template <class V, class T>
inline V load(const Global<T>& memory, size_t byte) {
  return *reinterpret_cast<const V*>(memory.check(byte, sizeof(V), alignof(V)));
}
template <class V, class T>
inline V load_once(const Global<T>& memory, size_t byte) {
  return load<V>(memory, byte);
}
template <class V, class T>
inline void store(const Global<T>& memory, size_t byte, V value) {
  *reinterpret_cast<V*>(memory.check(byte, sizeof(V), alignof(V))) = value;
}

template <class T>
inline void copy_async(void* shared, const Global<T>& memory, size_t byte, bool wanted) {
  if (wanted) {
    std::memcpy(shared, reinterpret_cast<const void*>(memory.check(byte, 16, 16)), 16);
  } else {
    std::memset(shared, 0, 16);
  }
}
inline void copy_commit() {}
template <int Pending>
inline void copy_wait() {}

template <class To, class From>
inline To same_bits(From value) {
  static_assert(sizeof(To) == sizeof(From));
  To result;
  std::memcpy(&result, &value, sizeof(To));
  return result;
}
inline float bits_to_float(uint32_t bits) { return same_bits<float>(bits); }
inline uint32_t float_to_bits(float value) { return same_bits<uint32_t>(value); }
inline double bits_to_double(int64_t bits) { return same_bits<double>(bits); }
inline int64_t double_to_bits(double value) { return same_bits<int64_t>(value); }
inline float half_to_float(uint16_t bits) { return same_bits<_Float16>(bits); }
inline uint16_t float_to_half(float value) { return same_bits<uint16_t>((_Float16)value); }
inline uint16_t float_to_bfloat(float value) {
  uint32_t bits = float_to_bits(value);
  return std::isnan(value) ? 0x7FFF : (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}
inline uint32_t half2_subtract(uint32_t a, uint32_t b) {
  uint32_t low = float_to_half(half_to_float((uint16_t)a) - half_to_float((uint16_t)b));
  uint32_t high = float_to_half(half_to_float((uint16_t)(a >> 16)) - half_to_float((uint16_t)(b >> 16)));
  return low | high << 16;
}
inline uint32_t select_bytes(uint32_t low, uint32_t high, uint32_t selector) {
  uint64_t bytes = (uint64_t)high << 32 | low;
  uint32_t result = 0;
  for (int i = 0; i < 4; i++) {
    result |= (uint32_t)(bytes >> (selector >> 4 * i & 7) * 8 & 0xFF) << 8 * i;
  }
  return result;
}

// Lane (g, t) holds of a the outputs g, g+8 and of b the column g, at k = 2t, 2t+1, 2t+8, 2t+9; of d
// outputs g, g+8 at columns 2t, 2t+1. Products are added in ascending k, each with one rounding.
template <float (*ToFloat)(uint16_t)>
inline void multiply_fragments(float d[4], const uint32_t a[4], uint32_t b0, uint32_t b1) {
  uint32_t words[emulation::EXCHANGE_WORDS] = {a[0], a[1], a[2], a[3], b0, b1};
  const uint32_t* all = emulation::exchange(words, emulation::EXCHANGE_WORDS);
  int lane = thread_x() % emulation::WARP_LANES;
  for (int i = 0; i < 4; i++) {
    int output = lane / 4 + i / 2 * 8;
    int column = lane % 4 * 2 + i % 2;
    float sum = d[i];
    for (int k = 0; k < 16; k++) {
      int t = k % 8 / 2;
      uint32_t w = all[(output % 8 * 4 + t) * emulation::EXCHANGE_WORDS + output / 8 + k / 8 * 2];
      uint32_t x = all[(column * 4 + t) * emulation::EXCHANGE_WORDS + 4 + k / 8];
      int shift = k % 2 * 16;
      sum = fmaf(ToFloat((uint16_t)(w >> shift)), ToFloat((uint16_t)(x >> shift)), sum);
    }
    d[i] = sum;
  }
}
inline float bfloat_bits_to_float(uint16_t bits) { return bits_to_float((uint32_t)bits << 16); }
inline void multiply_half(float d[4], const uint32_t a[4], uint32_t b0, uint32_t b1) {
  multiply_fragments<half_to_float>(d, a, b0, b1);
}
inline void multiply_bfloat(float d[4], const uint32_t a[4], uint32_t b0, uint32_t b1) {
  multiply_fragments<bfloat_bits_to_float>(d, a, b0, b1);
}
