// The driver calls that the product makes, on emulated GPUs. Built as libcuda.so.1; a call that is not
// here fails to bind, which is how a test notices that the product uses a new one.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>

#include "emulation.h"
#include "emulation_exports.h"
#include "fibers.h"
#include "kernels.h"
#include "memory.h"

using namespace emulation;

namespace emulation {
namespace {

std::recursive_mutex lock_of_driver;
thread_local Context* current = nullptr;

// Machine threads that share the blocks of a grid; never joined, they end with the process.
class Pool {
 public:
  static Pool& instance() {
    static Pool* pool = new Pool();
    return *pool;
  }

  void run(int blocks, const std::function<void(int)>& block) {
    std::unique_lock<std::mutex> lock(mutex_);
    block_ = &block;
    next_ = 0;
    blocks_ = blocks;
    busy_ = workers_;
    fault_.reset();
    round_++;
    start_.notify_all();
    lock.unlock();
    work();
    lock.lock();
    done_.wait(lock, [this] { return busy_ == 0; });
    if (fault_) {
      throw KernelFault(*fault_);
    }
  }

 private:
  Pool() : workers_(static_cast<int>(std::thread::hardware_concurrency()) - 1) {
    workers_ = std::clamp(workers_, 0, 7);
    for (int i = 0; i < workers_; i++) {
      std::thread([this] { serve(); }).detach();
    }
  }

  void serve() {
    long seen = 0;
    while (true) {
      {
        std::unique_lock<std::mutex> lock(mutex_);
        start_.wait(lock, [&] { return round_ != seen; });
        seen = round_;
      }
      work();
      std::lock_guard<std::mutex> lock(mutex_);
      if (--busy_ == 0) {
        done_.notify_all();
      }
    }
  }

  void work() {
    for (int i = next_++; i < blocks_; i = next_++) {
      try {
        (*block_)(i);
      } catch (const KernelFault& fault) {
        std::lock_guard<std::mutex> lock(mutex_);
        fault_ = std::make_unique<KernelFault>(fault);
        next_ = blocks_;
      }
    }
  }

  int workers_;
  std::mutex mutex_;
  std::condition_variable start_, done_;
  const std::function<void(int)>* block_ = nullptr;
  std::atomic<int> next_{0};
  int blocks_ = 0;
  int busy_ = 0;
  long round_ = 0;
  std::unique_ptr<KernelFault> fault_;
};

void run_grid(const std::function<void()>& body, int gx, int gy, int gz, int threads, int shared_bytes) {
  Pool::instance().run(gx * gy * gz, [&](int i) {
    run_block(GridPlace{i % gx, i / gx % gy, i / gx / gy, gx, gy, gz}, threads, shared_bytes, body);
  });
}

bool in_device_memory(uintptr_t address, size_t bytes) {
  const Region* region = find_region(address);
  return region != nullptr && address + bytes <= region->end;
}

// Puts work into a stream, or into the graph that the stream captures.
int submit(Stream* stream, Work work) {
  if (driver().streams.count(stream) == 0) {
    return INVALID_HANDLE;
  }
  if (stream->capture) {
    stream->capture->nodes.push_back(std::move(work));
  } else {
    stream->queue.push_back(std::move(work));
  }
  return SUCCESS;
}

int drain_context(Context* context) {
  int code = SUCCESS;
  for (Stream* stream : driver().streams) {
    if (stream->context == context) {
      int one = drain(stream);
      code = one != SUCCESS ? one : code;
    }
  }
  return code;
}

}  // namespace

// What a process that tests start cannot be told by the switches below: the environment says it.
Driver* begin() {
  Driver* fresh = new Driver();
  if (const char* devices = std::getenv("ADASPEC_EMULATION_DEVICES")) {
    fresh->devices = std::atoi(devices);
  }
  if (const char* file = std::getenv("ADASPEC_EMULATION_LOSE_FILE")) {
    fresh->lose_file = file;
  }
  return fresh;
}

Driver& driver() {
  static Driver* instance = begin();
  return *instance;
}

bool is_sticky(int code) {
  return code == ECC_UNCORRECTABLE || code == ILLEGAL_ADDRESS || code == HARDWARE_STACK_ERROR ||
         code == ILLEGAL_INSTRUCTION || code == MISALIGNED_ADDRESS || code == LAUNCH_FAILED;
}

int enter(const char* call, Context* context) {
  Driver& d = driver();
  d.calls++;
  d.calls_by_name[call]++;
  if (d.calls == d.lose_at || (!d.lose_file.empty() && access(d.lose_file.c_str(), F_OK) == 0)) {
    d.lost.insert(0);
  }
  if (d.calls == d.fail_at) {
    if (is_sticky(d.fail_code) && context != nullptr) {
      context->sticky = d.fail_code;
    }
    return d.fail_code;
  }
  if (context != nullptr && d.lost.count(context->device)) {
    context->sticky = ECC_UNCORRECTABLE;
  }
  return context == nullptr ? SUCCESS : context->sticky;
}

int enter(const char* call) { return enter(call, current); }

int drain(Stream* stream) {
  Context* context = stream->context;
  while (!stream->queue.empty()) {
    Work work = std::move(stream->queue.front());
    stream->queue.pop_front();
    try {
      work();
    } catch (const KernelFault& fault) {
      driver().last_fault = fault.what();
      context->sticky = fault.code;
      stream->queue.clear();
    }
  }
  return context->sticky;
}

}  // namespace emulation

#define CALL extern "C" __attribute__((visibility("default"))) int
#define CONTROL extern "C" __attribute__((visibility("default")))
#define ENTER(name)                                                    \
  std::lock_guard<std::recursive_mutex> guard(lock_of_driver);         \
  if (int code = enter(name); code != SUCCESS) {                       \
    return code;                                                       \
  }                                                                    \
  static_assert(true)
#define NEED_CONTEXT          \
  if (current == nullptr) {   \
    return INVALID_CONTEXT;   \
  }                           \
  static_assert(true)

CALL cuInit(unsigned flags) {
  ENTER("cuInit");
  driver().initialized = true;
  return flags != 0 ? INVALID_VALUE : driver().devices == 0 ? NO_DEVICE : SUCCESS;
}

CALL cuDriverGetVersion(int* version) {
  ENTER("cuDriverGetVersion");
  *version = driver().version;
  return SUCCESS;
}

CALL cuDeviceGetCount(int* count) {
  ENTER("cuDeviceGetCount");
  *count = driver().devices;
  return driver().initialized ? SUCCESS : NOT_INITIALIZED;
}

CALL cuDeviceGet(int* device, int ordinal) {
  ENTER("cuDeviceGet");
  *device = ordinal;
  return ordinal >= 0 && ordinal < driver().devices ? SUCCESS : INVALID_DEVICE;
}

CALL cuDeviceGetName(char* name, int length, int device) {
  ENTER("cuDeviceGetName");
  std::string text = "Emulated GPU " + std::to_string(device);
  std::strncpy(name, text.c_str(), length);
  return SUCCESS;
}

CALL cuDeviceTotalMem_v2(size_t* bytes, int) {
  ENTER("cuDeviceTotalMem");
  *bytes = capacity();
  return SUCCESS;
}

CALL cuDeviceGetAttribute(int* value, int attribute, int) {
  ENTER("cuDeviceGetAttribute");
  switch (attribute) {
    case 16:  // multiprocessors
      *value = 4;
      return SUCCESS;
    case 75:
      *value = driver().compute_major;
      return SUCCESS;
    case 76:
      *value = driver().compute_minor;
      return SUCCESS;
    default:
      return INVALID_VALUE;
  }
}

CALL cuCtxCreate_v2(Context** context, unsigned, int device) {
  ENTER("cuCtxCreate");
  if (driver().lost.count(device)) {
    return ECC_UNCORRECTABLE;
  }
  *context = new Context();
  (*context)->device = device;
  current = *context;
  return SUCCESS;
}

CALL cuCtxDestroy_v2(Context* context) {
  std::lock_guard<std::recursive_mutex> guard(lock_of_driver);
  driver().calls++;
  if (context == nullptr || !context->alive) {
    return INVALID_CONTEXT;
  }
  context->alive = false;
  for (Stream* stream : driver().streams) {
    if (stream->context == context) {
      stream->queue.clear();
    }
  }
  release_all(context);
  for (auto it = driver().pinned.begin(); it != driver().pinned.end();) {
    if (it->second == context) {
      std::free(it->first);
      it = driver().pinned.erase(it);
    } else {
      ++it;
    }
  }
  if (current == context) {
    current = nullptr;
  }
  return SUCCESS;
}

CALL cuCtxSetCurrent(Context* context) {
  std::lock_guard<std::recursive_mutex> guard(lock_of_driver);
  if (int code = enter("cuCtxSetCurrent", nullptr); code != SUCCESS) {
    return code;
  }
  current = context != nullptr && context->alive ? context : nullptr;
  return SUCCESS;
}

CALL cuCtxSynchronize() {
  ENTER("cuCtxSynchronize");
  NEED_CONTEXT;
  return drain_context(current);
}

CALL cuModuleLoadData(void** module, const void* image) {
  ENTER("cuModuleLoadData");
  NEED_CONTEXT;
  uint32_t magic;
  std::memcpy(&magic, image, sizeof(magic));
  if (magic != 0xBA55ED50u && magic != 0x464C457Fu) {
    return INVALID_IMAGE;
  }
  *module = new int(0);
  return SUCCESS;
}

CALL cuModuleUnload(void*) {
  ENTER("cuModuleUnload");
  return SUCCESS;
}

CALL cuModuleGetFunction(Function** function, void*, const char* name) {
  ENTER("cuModuleGetFunction");
  if (find_kernel(name) == nullptr) {
    return NOT_FOUND;
  }
  *function = new Function{name};
  return SUCCESS;
}

CALL cuFuncSetAttribute(Function* function, int attribute, int value) {
  ENTER("cuFuncSetAttribute");
  if (attribute != 8 || value > 99 * 1024) {
    return INVALID_VALUE;
  }
  function->dynamic_shared = value;
  return SUCCESS;
}

CALL cuMemGetInfo_v2(size_t* free, size_t* total) {
  ENTER("cuMemGetInfo");
  NEED_CONTEXT;
  *free = free_bytes(current->device) + driver().overstated;
  *total = capacity();
  return SUCCESS;
}

CALL cuMemAlloc_v2(uintptr_t* address, size_t bytes) {
  ENTER("cuMemAlloc");
  NEED_CONTEXT;
  if (bytes == 0) {
    return INVALID_VALUE;
  }
  *address = allocate(current->device, current, bytes);
  return *address == 0 ? OUT_OF_MEMORY : SUCCESS;
}

CALL cuMemFree_v2(uintptr_t address) {
  ENTER("cuMemFree");
  NEED_CONTEXT;
  int code = drain_context(current);
  return code != SUCCESS ? code : release(address) ? SUCCESS : INVALID_VALUE;
}

CALL cuMemAllocHost_v2(void** memory, size_t bytes) {
  ENTER("cuMemAllocHost");
  NEED_CONTEXT;
  *memory = std::malloc(bytes);
  std::memset(*memory, 0xFF, bytes);
  driver().pinned.emplace(*memory, current);
  return SUCCESS;
}

CALL cuMemFreeHost(void* memory) {
  ENTER("cuMemFreeHost");
  if (driver().pinned.erase(memory) == 0) {
    return INVALID_VALUE;
  }
  std::free(memory);
  return SUCCESS;
}

CALL cuMemcpyHtoDAsync_v2(uintptr_t to, const void* from, size_t bytes, Stream* stream) {
  ENTER("cuMemcpyHtoDAsync");
  if (!in_device_memory(to, bytes)) {
    return INVALID_VALUE;
  }
  driver().bytes_to_device += bytes;
  return submit(stream, [=] { std::memcpy(reinterpret_cast<void*>(to), from, bytes); });
}

CALL cuMemcpyDtoHAsync_v2(void* to, uintptr_t from, size_t bytes, Stream* stream) {
  ENTER("cuMemcpyDtoHAsync");
  if (!in_device_memory(from, bytes)) {
    return INVALID_VALUE;
  }
  driver().bytes_to_host += bytes;
  return submit(stream, [=] { std::memcpy(to, reinterpret_cast<const void*>(from), bytes); });
}

CALL cuMemsetD8Async(uintptr_t to, unsigned char value, size_t bytes, Stream* stream) {
  ENTER("cuMemsetD8Async");
  if (!in_device_memory(to, bytes)) {
    return INVALID_VALUE;
  }
  return submit(stream, [=] { std::memset(reinterpret_cast<void*>(to), value, bytes); });
}

CALL cuStreamCreate(Stream** stream, unsigned) {
  ENTER("cuStreamCreate");
  NEED_CONTEXT;
  *stream = new Stream();
  (*stream)->context = current;
  driver().streams.insert(*stream);
  return SUCCESS;
}

CALL cuStreamDestroy_v2(Stream* stream) {
  ENTER("cuStreamDestroy");
  return driver().streams.erase(stream) == 0 ? INVALID_HANDLE : SUCCESS;
}

CALL cuStreamSynchronize(Stream* stream) {
  ENTER("cuStreamSynchronize");
  if (driver().streams.count(stream) == 0) {
    return INVALID_HANDLE;
  }
  return stream->capture ? STREAM_CAPTURE_UNSUPPORTED : drain(stream);
}

CALL cuStreamBeginCapture_v2(Stream* stream, int) {
  ENTER("cuStreamBeginCapture");
  stream->capture = std::make_unique<Graph>();
  return SUCCESS;
}

CALL cuStreamEndCapture(Stream* stream, Graph** graph) {
  std::lock_guard<std::recursive_mutex> guard(lock_of_driver);
  std::unique_ptr<Graph> captured = std::move(stream->capture);
  if (int code = enter("cuStreamEndCapture"); code != SUCCESS) {
    return code;
  }
  *graph = captured.release();
  return *graph == nullptr ? INVALID_VALUE : SUCCESS;
}

CALL cuGraphInstantiateWithFlags(Graph** executable, Graph* graph, unsigned long long) {
  ENTER("cuGraphInstantiate");
  *executable = new Graph(*graph);
  return SUCCESS;
}

CALL cuGraphDestroy(Graph* graph) {
  ENTER("cuGraphDestroy");
  delete graph;
  return SUCCESS;
}

CALL cuGraphExecDestroy(Graph* executable) {
  ENTER("cuGraphExecDestroy");
  delete executable;
  return SUCCESS;
}

CALL cuGraphLaunch(Graph* executable, Stream* stream) {
  ENTER("cuGraphLaunch");
  driver().graph_launches++;
  for (const Work& node : executable->nodes) {
    if (int code = submit(stream, node); code != SUCCESS) {
      return code;
    }
  }
  return SUCCESS;
}

CALL cuLaunchKernel(Function* function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
                    unsigned bz, unsigned shared_bytes, Stream* stream, void** parameters, void**) {
  ENTER("cuLaunchKernel");
  bool fits = gx > 0 && gy > 0 && gz > 0 && gy < 65536 && gz < 65536 && by == 1 && bz == 1 && bx > 0 &&
              bx <= MAX_THREADS && static_cast<int>(shared_bytes) <= function->dynamic_shared;
  if (!fits) {
    return INVALID_VALUE;
  }
  driver().launches++;
  std::function<void()> body = (*find_kernel(function->name))(parameters);
  std::string name = function->name;
  return submit(stream, [=] {
    try {
      run_grid(body, gx, gy, gz, bx, shared_bytes);
    } catch (const KernelFault& fault) {
      throw KernelFault(fault.code, name + ": " + fault.what());
    }
  });
}

CALL cuGetErrorName(int code, const char** name) {
  switch (code) {
    case OUT_OF_MEMORY:
      *name = "CUDA_ERROR_OUT_OF_MEMORY";
      return SUCCESS;
    case ILLEGAL_ADDRESS:
      *name = "CUDA_ERROR_ILLEGAL_ADDRESS";
      return SUCCESS;
    default:
      *name = nullptr;
      return INVALID_VALUE;
  }
}

CONTROL int adaspec_emulation_has_context() {
  std::lock_guard<std::recursive_mutex> guard(lock_of_driver);
  return current != nullptr && current->alive && current->sticky == SUCCESS;
}

CONTROL int adaspec_emulation_submit(void* stream, int (*work)(void*), void* data) {
  std::lock_guard<std::recursive_mutex> guard(lock_of_driver);
  if (static_cast<Stream*>(stream)->capture) {
    return STREAM_CAPTURE_UNSUPPORTED;
  }
  return submit(static_cast<Stream*>(stream), [=] {
    if (int code = work(data); code != SUCCESS) {
      throw KernelFault(code, "a library's work");
    }
  });
}

CONTROL int adaspec_emulation_holds(uintptr_t address, size_t bytes) { return in_device_memory(address, bytes); }

CONTROL void adaspec_emulation_reset() {
  std::lock_guard<std::recursive_mutex> guard(lock_of_driver);
  Driver& d = driver();
  d.devices = 1;
  d.version = 13000;
  d.compute_major = 9;
  d.compute_minor = 0;
  d.fail_at = -1;
  d.lose_at = -1;
  d.overstated = 0;
  d.lost.clear();
  set_capacity(size_t{4} << 30);
}

CONTROL long adaspec_emulation_calls() { return driver().calls; }
CONTROL long adaspec_emulation_launches() { return driver().launches; }
CONTROL long adaspec_emulation_graph_launches() { return driver().graph_launches; }
CONTROL long adaspec_emulation_allocations() { return live_allocations() + static_cast<long>(driver().pinned.size()); }

// Makes the call `after` calls from now fail with a driver code.
CONTROL void adaspec_emulation_fail(long after, int code) {
  driver().fail_at = driver().calls + after;
  driver().fail_code = code;
}

// Loses GPU 0 at the call `after` calls from now.
CONTROL void adaspec_emulation_lose_later(long after) { driver().lose_at = driver().calls + after; }

// How often a driver call was made.
CONTROL long adaspec_emulation_count(const char* call) { return driver().calls_by_name[call]; }
CONTROL long adaspec_emulation_bytes_to_device() { return driver().bytes_to_device; }
CONTROL long adaspec_emulation_bytes_to_host() { return driver().bytes_to_host; }

CONTROL void adaspec_emulation_lose_device(int device) { driver().lost.insert(device); }
CONTROL void adaspec_emulation_set_devices(int count) { driver().devices = count; }
CONTROL void adaspec_emulation_set_version(int version) { driver().version = version; }
// The driver says that so many more bytes are free than are.
CONTROL void adaspec_emulation_overstate_memory(long bytes) { driver().overstated = bytes; }
CONTROL void adaspec_emulation_set_memory(long bytes) { set_capacity(bytes); }
CONTROL void adaspec_emulation_set_architecture(int major, int minor) {
  driver().compute_major = major;
  driver().compute_minor = minor;
}

// What the last stopped kernel did, for messages of failed tests.
CONTROL const char* adaspec_emulation_last_fault() { return driver().last_fault.c_str(); }
