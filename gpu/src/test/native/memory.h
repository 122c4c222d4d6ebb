// Device memory of the emulated GPUs: host memory whose every access by a kernel is checked.
#pragma once

#include <cstddef>
#include <cstdint>

namespace emulation {

// One allocation.
struct Region {
  uintptr_t begin;
  uintptr_t end;
  int device;
  const void* owner;
};

// Allocates memory filled with bytes that are NaN as floats and absurd as integers; 0 when the device
// has no room.
uintptr_t allocate(int device, const void* owner, size_t bytes);

// Frees an allocation; false when there is none at that address.
bool release(uintptr_t address);

// Frees all memory of an owner (a context).
void release_all(const void* owner);

// The allocation around an address, or null. The pointer is valid until the next release.
const Region* find_region(uintptr_t address);

void set_capacity(size_t bytes);
size_t capacity();
size_t free_bytes(int device);
long live_allocations();

}  // namespace emulation
