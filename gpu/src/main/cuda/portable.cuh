// What kernels use of the machine they run on, once for nvcc and once for a host compiler.
//
// Kernels name threads, shared memory, barriers, shuffles and matrix instructions only through this
// header. On the host the same source runs block by block, a thread of a block being a fiber
// (src/test/native); there `Global` checks the bounds of every access to device memory.
//
// Both compilers must keep a*b+c as two roundings (nvcc -fmad=false, g++ -ffp-contract=off): where
// one rounding is wanted the source says fma. So both give the same bits but for the order of sums
// inside a matrix instruction.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct alignas(16) Words4 {
  uint32_t x, y, z, w;
};

struct alignas(8) Words2 {
  uint32_t x, y;
};

#ifdef __CUDACC__

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#define DEVICE __device__ __forceinline__
#define KERNEL(threads) extern "C" __global__ void __launch_bounds__(threads)
#define KERNEL_OF(threads, blocks) extern "C" __global__ void __launch_bounds__(threads, blocks)
#define SHARED __shared__
#define DYNAMIC_SHARED(name) extern __shared__ __align__(16) unsigned char name[]

// Device memory; kernels get no two writable views of the same bytes.
template <class T>
using Global = T* __restrict__;

DEVICE int thread_x() { return threadIdx.x; }
DEVICE int block_x() { return blockIdx.x; }
DEVICE int block_y() { return blockIdx.y; }
DEVICE int block_z() { return blockIdx.z; }
DEVICE int grid_x() { return gridDim.x; }
DEVICE int grid_z() { return gridDim.z; }
DEVICE void block_barrier() { __syncthreads(); }
DEVICE float shuffle_xor(float value, int mask) { return __shfl_xor_sync(~0u, value, mask); }
DEVICE double shuffle_xor(double value, int mask) { return __shfl_xor_sync(~0u, value, mask); }
DEVICE int shuffle_xor(int value, int mask) { return __shfl_xor_sync(~0u, value, mask); }
DEVICE void shared_add(unsigned long long* cell, unsigned long long value) { atomicAdd(cell, value); }
DEVICE void global_or(int* cell, int value) { atomicOr(cell, value); }

template <class V, class T>
DEVICE V load(const T* memory, size_t byte) {
  return *reinterpret_cast<const V*>(reinterpret_cast<const unsigned char*>(memory) + byte);
}

template <class V, class T>
DEVICE void store(T* memory, size_t byte, V value) {
  *reinterpret_cast<V*>(reinterpret_cast<unsigned char*>(memory) + byte) = value;
}

// A load of bytes that are read once: past the first-level cache.
template <class V, class T>
DEVICE V load_once(const T* memory, size_t byte) {
  return load<V>(memory, byte);
}
template <>
DEVICE Words4 load_once<Words4, uint8_t>(const uint8_t* memory, size_t byte) {
  uint4 v = __ldcs(reinterpret_cast<const uint4*>(memory + byte));
  return Words4{v.x, v.y, v.z, v.w};
}
template <>
DEVICE Words2 load_once<Words2, uint8_t>(const uint8_t* memory, size_t byte) {
  uint2 v = __ldcs(reinterpret_cast<const uint2*>(memory + byte));
  return Words2{v.x, v.y};
}

// Copies 16 bytes to shared memory in the background; zeros when not `wanted`.
template <class T>
DEVICE void copy_async(void* shared, const T* memory, size_t byte, bool wanted) {
  uint32_t to = (uint32_t)__cvta_generic_to_shared(shared);
  const void* from = reinterpret_cast<const unsigned char*>(memory) + (wanted ? byte : 0);
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;\n" ::"r"(to), "l"(from),
               "r"(wanted ? 16 : 0));
}
DEVICE void copy_commit() { asm volatile("cp.async.commit_group;\n"); }
template <int Pending>
DEVICE void copy_wait() {
  asm volatile("cp.async.wait_group %0;\n" ::"n"(Pending));
}

DEVICE float bits_to_float(uint32_t bits) { return __uint_as_float(bits); }
DEVICE uint32_t float_to_bits(float value) { return __float_as_uint(value); }
DEVICE double bits_to_double(int64_t bits) { return __longlong_as_double(bits); }
DEVICE int64_t double_to_bits(double value) { return __double_as_longlong(value); }
DEVICE float half_to_float(uint16_t bits) { return __half2float(__ushort_as_half(bits)); }
DEVICE uint16_t float_to_half(float value) { return __half_as_ushort(__float2half_rn(value)); }
DEVICE uint16_t float_to_bfloat(float value) { return __bfloat16_as_ushort(__float2bfloat16_rn(value)); }
DEVICE uint32_t half2_subtract(uint32_t a, uint32_t b) {
  uint32_t d;
  asm("sub.rn.f16x2 %0, %1, %2;" : "=r"(d) : "r"(a), "r"(b));
  return d;
}
DEVICE uint32_t select_bytes(uint32_t low, uint32_t high, uint32_t selector) {
  return __byte_perm(low, high, selector);
}

// d += a·b on 16 x 16 times 16 x 8 half-precision fragments, in single precision.
DEVICE void multiply_half(float d[4], const uint32_t a[4], uint32_t b0, uint32_t b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};\n"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
DEVICE void multiply_bfloat(float d[4], const uint32_t a[4], uint32_t b0, uint32_t b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};\n"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

#else

#include "emulated_device.h"

#endif

DEVICE float bfloat_to_float(uint16_t bits) { return bits_to_float((uint32_t)bits << 16); }

// Half precision with finite numbers out of range set to the largest of their sign. What is not
// finite becomes NaN, so that it reaches the logits, where it is noticed.
DEVICE uint16_t float_to_finite_half(float value) {
  if (!(fabsf(value) <= 3.402823466e38f)) {
    return 0x7FFF;
  }
  return float_to_half(fminf(fmaxf(value, -65504.0f), 65504.0f));
}
