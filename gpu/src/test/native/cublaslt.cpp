// The functions of cuBLASLt that the product calls, on the emulated driver's memory and streams. It
// checks what it is given more strictly than NVIDIA's, and adds in an order that no kernel of ours has.
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "emulation_exports.h"

namespace {

enum Status { SUCCESS = 0, NOT_INITIALIZED = 1, INVALID_VALUE = 7, NOT_SUPPORTED = 15 };
enum Type { R_32F = 0, R_16F = 2, R_16BF = 14 };
constexpr int COMPUTE_32F = 68;
constexpr int TRANSPOSE_A = 3;
constexpr int MOST_WORKSPACE = 1;
constexpr int FIRST_ALIGNMENT = 5;
constexpr uint64_t MAGIC = 0xAD5BEC0000000001ull;
constexpr size_t NEEDED_WORKSPACE = 1 << 20;

struct Handle {};

struct Description {
  int compute = 0;
  int scale = 0;
  int transpose_a = 0;
};

struct Layout {
  int type = 0;
  uint64_t rows = 0;
  uint64_t columns = 0;
  int64_t stride = 0;

  size_t element_bytes() const { return type == R_32F ? 4 : 2; }
  size_t bytes() const { return ((columns - 1) * stride + rows) * element_bytes(); }
  bool operator==(const Layout& o) const {
    return type == o.type && rows == o.rows && columns == o.columns && stride == o.stride;
  }
};

struct Preference {
  uint64_t workspace = 0;
  uint32_t alignments[4] = {256, 256, 256, 256};
};

// What the heuristic put into the 64 bytes of an algorithm.
struct Algorithm {
  uint64_t magic;
  uint64_t outputs, rows, inputs;
  uint32_t alignments[4];
};

struct Result {
  uint64_t algorithm[8];
  size_t workspace;
  int state;
  float waves;
  int reserved[4];
};

struct State {
  std::mutex mutex;
  long version = 130100;
  int failing_status = 0;
  std::string failing_call;
  std::map<std::string, long> calls;
  std::set<void*> live;
  // The driver code with which products fail when they run.
  int fault = 0;
  // No algorithm is found.
  bool helpless = false;
};

State& state() {
  static State* instance = new State();
  return *instance;
}

// Counts a call and gives the status that it must fail with.
int enter(const char* call) {
  std::lock_guard<std::mutex> lock(state().mutex);
  state().calls[call]++;
  return state().failing_call == call ? state().failing_status : SUCCESS;
}

template <class T>
int made(T** out, T* object) {
  std::lock_guard<std::mutex> lock(state().mutex);
  state().live.insert(object);
  *out = object;
  return SUCCESS;
}

bool lives(const void* object) {
  std::lock_guard<std::mutex> lock(state().mutex);
  return state().live.count(const_cast<void*>(object)) > 0;
}

template <class T>
int destroyed(T* object) {
  {
    std::lock_guard<std::mutex> lock(state().mutex);
    if (state().live.erase(object) == 0) {
      return INVALID_VALUE;
    }
  }
  delete object;
  return SUCCESS;
}

// D[r][n] = sum over k of A[n][k] B[r][k]: both inputs lie in columns of the library's view.
bool is_product(const Description& d, const Layout& a, const Layout& b, const Layout& c, const Layout& out) {
  bool half = a.type == R_16F || a.type == R_16BF;
  return d.compute == COMPUTE_32F && d.scale == R_32F && d.transpose_a == 1 && half && b.type == a.type &&
         out.type == R_32F && c == out && a.rows == b.rows && out.rows == a.columns && out.columns == b.columns &&
         a.stride >= (int64_t)a.rows && b.stride >= (int64_t)b.rows && out.stride >= (int64_t)out.rows;
}

float to_float(uint16_t bits, int type) {
  if (type == R_16BF) {
    uint32_t word = (uint32_t)bits << 16;
    float value;
    std::memcpy(&value, &word, sizeof(value));
    return value;
  }
  _Float16 value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

struct Product {
  Layout a, b, d;
  uintptr_t a_at, b_at, d_at;

  // Backwards, in four sums.
  void run() const {
    const uint16_t* w = reinterpret_cast<const uint16_t*>(a_at);
    const uint16_t* x = reinterpret_cast<const uint16_t*>(b_at);
    float* out = reinterpret_cast<float*>(d_at);
    for (uint64_t row = 0; row < b.columns; row++) {
      for (uint64_t output = 0; output < a.columns; output++) {
        float sums[4] = {};
        for (uint64_t k = a.rows; k-- > 0;) {
          sums[k % 4] += to_float(w[output * a.stride + k], a.type) * to_float(x[row * b.stride + k], b.type);
        }
        out[row * d.stride + output] = (sums[3] + sums[1]) + (sums[2] + sums[0]);
      }
    }
  }
};

int run(void* data) {
  Product* product = static_cast<Product*>(data);
  int code = state().fault;
  if (code == 0) {
    product->run();
  }
  delete product;
  return code;
}

}  // namespace

#define CALL extern "C" __attribute__((visibility("default"))) int
#define CONTROL extern "C" __attribute__((visibility("default")))
#define ENTER(name)                                \
  if (int status = enter(name); status != SUCCESS) { \
    return status;                                 \
  }                                                \
  static_assert(true)

CONTROL size_t cublasLtGetVersion() { return state().version; }

CALL cublasLtCreate(Handle** handle) {
  ENTER("cublasLtCreate");
  return adaspec_emulation_has_context() ? made(handle, new Handle()) : (int)NOT_INITIALIZED;
}

CALL cublasLtDestroy(Handle* handle) {
  ENTER("cublasLtDestroy");
  return destroyed(handle);
}

CALL cublasLtMatmulDescCreate(Description** out, int compute, int scale) {
  ENTER("cublasLtMatmulDescCreate");
  return made(out, new Description{compute, scale, 0});
}

CALL cublasLtMatmulDescSetAttribute(Description* description, int attribute, const void* value, size_t bytes) {
  ENTER("cublasLtMatmulDescSetAttribute");
  if (!lives(description) || attribute != TRANSPOSE_A || bytes != sizeof(int)) {
    return INVALID_VALUE;
  }
  std::memcpy(&description->transpose_a, value, bytes);
  return SUCCESS;
}

CALL cublasLtMatmulDescDestroy(Description* description) {
  ENTER("cublasLtMatmulDescDestroy");
  return destroyed(description);
}

CALL cublasLtMatrixLayoutCreate(Layout** out, int type, uint64_t rows, uint64_t columns, int64_t stride) {
  ENTER("cublasLtMatrixLayoutCreate");
  return rows == 0 || columns == 0 ? (int)INVALID_VALUE : made(out, new Layout{type, rows, columns, stride});
}

CALL cublasLtMatrixLayoutDestroy(Layout* layout) {
  ENTER("cublasLtMatrixLayoutDestroy");
  return destroyed(layout);
}

CALL cublasLtMatmulPreferenceCreate(Preference** out) {
  ENTER("cublasLtMatmulPreferenceCreate");
  return made(out, new Preference());
}

CALL cublasLtMatmulPreferenceSetAttribute(Preference* preference, int attribute, const void* value, size_t bytes) {
  ENTER("cublasLtMatmulPreferenceSetAttribute");
  if (!lives(preference)) {
    return INVALID_VALUE;
  }
  if (attribute == MOST_WORKSPACE && bytes == sizeof(uint64_t)) {
    std::memcpy(&preference->workspace, value, bytes);
    return SUCCESS;
  }
  if (attribute >= FIRST_ALIGNMENT && attribute < FIRST_ALIGNMENT + 4 && bytes == sizeof(uint32_t)) {
    std::memcpy(&preference->alignments[attribute - FIRST_ALIGNMENT], value, bytes);
    return SUCCESS;
  }
  return INVALID_VALUE;
}

CALL cublasLtMatmulPreferenceDestroy(Preference* preference) {
  ENTER("cublasLtMatmulPreferenceDestroy");
  return destroyed(preference);
}

CALL cublasLtMatmulAlgoGetHeuristic(Handle* handle, Description* description, Layout* a, Layout* b, Layout* c,
                                    Layout* d, Preference* preference, int wanted, Result* results, int* found) {
  ENTER("cublasLtMatmulAlgoGetHeuristic");
  *found = 0;
  for (const void* object : {(void*)handle, (void*)description, (void*)a, (void*)b, (void*)c, (void*)d,
                             (void*)preference}) {
    if (!lives(object)) {
      return INVALID_VALUE;
    }
  }
  if (wanted < 1 || !is_product(*description, *a, *b, *c, *d)) {
    return NOT_SUPPORTED;
  }
  if (state().helpless || preference->workspace < NEEDED_WORKSPACE) {
    return SUCCESS;
  }
  std::memset(results, 0, sizeof(Result));
  Algorithm algorithm{MAGIC, a->columns, b->columns, a->rows, {}};
  std::memcpy(algorithm.alignments, preference->alignments, sizeof(algorithm.alignments));
  static_assert(sizeof(Result) == 96 && sizeof(Algorithm) <= 64);
  std::memcpy(results->algorithm, &algorithm, sizeof(algorithm));
  results->workspace = NEEDED_WORKSPACE;
  *found = 1;
  return SUCCESS;
}

CALL cublasLtMatmul(Handle* handle, Description* description, const float* alpha, uintptr_t a_at, Layout* a,
                    uintptr_t b_at, Layout* b, const float* beta, uintptr_t c_at, Layout* c, uintptr_t d_at,
                    Layout* d, const Algorithm* algorithm, uintptr_t workspace, size_t workspace_bytes,
                    void* stream) {
  ENTER("cublasLtMatmul");
  for (const void* object : {(void*)handle, (void*)description, (void*)a, (void*)b, (void*)c, (void*)d}) {
    if (!lives(object)) {
      return INVALID_VALUE;
    }
  }
  bool its_product = algorithm->magic == MAGIC && algorithm->outputs == a->columns &&
                     algorithm->rows == b->columns && algorithm->inputs == a->rows;
  uintptr_t addresses[] = {a_at, b_at, c_at, d_at};
  bool aligned = true;
  for (int i = 0; i < 4; i++) {
    aligned &= addresses[i] % algorithm->alignments[i] == 0;
  }
  if (!its_product || !aligned || !is_product(*description, *a, *b, *c, *d) || *alpha != 1 || *beta != 0 ||
      c_at != d_at || workspace_bytes < NEEDED_WORKSPACE || !adaspec_emulation_holds(workspace, workspace_bytes) ||
      !adaspec_emulation_holds(a_at, a->bytes()) || !adaspec_emulation_holds(b_at, b->bytes()) ||
      !adaspec_emulation_holds(d_at, d->bytes())) {
    return INVALID_VALUE;
  }
  return adaspec_emulation_submit(stream, run, new Product{*a, *b, *d, a_at, b_at, d_at}) == 0
             ? (int)SUCCESS
             : (int)INVALID_VALUE;
}

CONTROL void adaspec_cublaslt_reset() {
  std::lock_guard<std::mutex> lock(state().mutex);
  state().version = 130100;
  state().failing_call.clear();
  state().fault = 0;
  state().helpless = false;
}

// From now on a function fails with a status.
CONTROL void adaspec_cublaslt_fail(const char* call, int status) {
  std::lock_guard<std::mutex> lock(state().mutex);
  state().failing_call = call;
  state().failing_status = status;
}

// Products fail with a driver code when they run.
CONTROL void adaspec_cublaslt_set_fault(int code) { state().fault = code; }
CONTROL void adaspec_cublaslt_set_helpless() { state().helpless = true; }
CONTROL void adaspec_cublaslt_set_version(long version) { state().version = version; }

// How often a function was called.
CONTROL long adaspec_cublaslt_count(const char* call) {
  std::lock_guard<std::mutex> lock(state().mutex);
  return state().calls[call];
}

// Objects that are not destroyed.
CONTROL long adaspec_cublaslt_live() {
  std::lock_guard<std::mutex> lock(state().mutex);
  return static_cast<long>(state().live.size());
}
