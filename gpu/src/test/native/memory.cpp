#include "memory.h"

#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

namespace emulation {
namespace {

constexpr size_t ALIGNMENT = 256;
constexpr size_t MAX_DEVICES = 8;

struct Table {
  std::mutex mutex;
  std::map<uintptr_t, Region> regions;
  size_t used[MAX_DEVICES] = {};
  size_t capacity = size_t{4} << 30;
};

// Never destroyed: kernels may run until the process is gone.
Table& table() {
  static Table* instance = new Table();
  return *instance;
}

}  // namespace

uintptr_t allocate(int device, const void* owner, size_t bytes) {
  Table& t = table();
  std::lock_guard<std::mutex> lock(t.mutex);
  if (bytes > t.capacity - t.used[device]) {
    return 0;
  }
  size_t rounded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  void* memory = std::aligned_alloc(ALIGNMENT, rounded);
  if (memory == nullptr) {
    return 0;
  }
  std::memset(memory, 0xFF, rounded);
  uintptr_t begin = reinterpret_cast<uintptr_t>(memory);
  t.regions.emplace(begin, Region{begin, begin + bytes, device, owner});
  t.used[device] += bytes;
  return begin;
}

bool release(uintptr_t address) {
  Table& t = table();
  std::lock_guard<std::mutex> lock(t.mutex);
  auto found = t.regions.find(address);
  if (found == t.regions.end()) {
    return false;
  }
  t.used[found->second.device] -= found->second.end - found->second.begin;
  std::free(reinterpret_cast<void*>(address));
  t.regions.erase(found);
  return true;
}

void release_all(const void* owner) {
  Table& t = table();
  std::lock_guard<std::mutex> lock(t.mutex);
  for (auto it = t.regions.begin(); it != t.regions.end();) {
    if (it->second.owner == owner) {
      t.used[it->second.device] -= it->second.end - it->second.begin;
      std::free(reinterpret_cast<void*>(it->first));
      it = t.regions.erase(it);
    } else {
      ++it;
    }
  }
}

const Region* find_region(uintptr_t address) {
  Table& t = table();
  std::lock_guard<std::mutex> lock(t.mutex);
  auto after = t.regions.upper_bound(address);
  if (after == t.regions.begin()) {
    return nullptr;
  }
  const Region& region = std::prev(after)->second;
  return address < region.end ? &region : nullptr;
}

void set_capacity(size_t bytes) { table().capacity = bytes; }
size_t capacity() { return table().capacity; }
size_t free_bytes(int device) { return table().capacity - table().used[device]; }
long live_allocations() {
  std::lock_guard<std::mutex> lock(table().mutex);
  return static_cast<long>(table().regions.size());
}

}  // namespace emulation
