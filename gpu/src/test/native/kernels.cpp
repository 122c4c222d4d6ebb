#include "kernels.h"

#include <map>
#include <tuple>

#include "adaspec_kernels.cu"

namespace emulation {
namespace {

template <class T>
struct Parameter {
  static T read(const void* from) {
    T value;
    std::memcpy(&value, from, sizeof(T));
    return value;
  }
};

template <class T>
struct Parameter<Global<T>> {
  static Global<T> read(const void* from) {
    uintptr_t address;
    std::memcpy(&address, from, sizeof(address));
    return Global<T>(address);
  }
};

template <class... A, size_t... I>
std::function<void()> bound(void (*kernel)(A...), void** parameters, std::index_sequence<I...>) {
  std::tuple<A...> values(Parameter<A>::read(parameters[I])...);
  return [kernel, values] { std::apply(kernel, values); };
}

template <class... A>
Binder binder(void (*kernel)(A...)) {
  return [kernel](void** parameters) { return bound(kernel, parameters, std::index_sequence_for<A...>{}); };
}

#define ENTRY(name) {#name, binder(&name)}
#define PRODUCT_ENTRIES(format)                                                                   \
  ENTRY(matmul_##format##_8), ENTRY(matmul_##format##_16), ENTRY(matmul_##format##_32),            \
      ENTRY(matmul_##format##_64), ENTRY(matmul_##format##_wide)
#define ATTENTION_ENTRIES(type) ENTRY(attend_splits_##type), ENTRY(attend_rows_##type)

const std::map<std::string, Binder>& kernels() {
  static const auto* all = new std::map<std::string, Binder>{
      ENTRY(embed),
      ENTRY(rms_norm),
      ENTRY(place_keys),
      ENTRY(silu_gate),
      ENTRY(gather_rows),
      ENTRY(merge_splits),
      ATTENTION_ENTRIES(f32),
      ATTENTION_ENTRIES(f16),
      ATTENTION_ENTRIES(bf16),
      ENTRY(matmul_f32),
      PRODUCT_ENTRIES(f16),
      PRODUCT_ENTRIES(bf16),
      PRODUCT_ENTRIES(q8_0),
      PRODUCT_ENTRIES(q4_0),
      ENTRY(penalise_logits),
      ENTRY(scan_logits),
      ENTRY(truncate_logits),
      ENTRY(race_tokens),
      ENTRY(choose_tokens),
      ENTRY(write_distributions),
      ENTRY(reject_drafts),
      ENTRY(next_draft),
      ENTRY(repack_tiles),
      ENTRY(expand_rows),
      ENTRY(expand_f16),
      ENTRY(expand_bf16),
      ENTRY(expand_q8_0),
      ENTRY(expand_q4_0),
      ENTRY(probe_copy),
      ENTRY(probe_matrix),
  };
  return *all;
}

}  // namespace

const Binder* find_kernel(const std::string& name) {
  auto found = kernels().find(name);
  return found == kernels().end() ? nullptr : &found->second;
}

}  // namespace emulation
