#include "fibers.h"

#include <sys/mman.h>

#include <cstring>
#include <memory>
#include <vector>

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace emulation {
namespace {

constexpr size_t STACK_BYTES = 64 * 1024;
constexpr int LAUNCH_FAILED = 719;

#if defined(__x86_64__)
// Saves the callee-saved registers on the old stack and takes those of the new one.
extern "C" void adaspec_switch_stack(void** save, void* load);
asm(R"(
.text
.globl adaspec_switch_stack
.hidden adaspec_switch_stack
.type adaspec_switch_stack, @function
adaspec_switch_stack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size adaspec_switch_stack, .-adaspec_switch_stack
)");

struct Context {
  void* stack_pointer = nullptr;
  void prepare(unsigned char* stack, void (*entry)()) {
    // A function starts with its return address at 8 modulo 16.
    void** top = reinterpret_cast<void**>(stack + STACK_BYTES) - 3;
    *top = nullptr;
    *--top = reinterpret_cast<void*>(entry);
    top -= 6;
    std::memset(top, 0, 6 * sizeof(void*));
    stack_pointer = top;
  }
  static void change(Context& from, Context& to) {
    adaspec_switch_stack(&from.stack_pointer, to.stack_pointer);
  }
};
#else
struct Context {
  ucontext_t state;
  void prepare(unsigned char* stack, void (*entry)()) {
    getcontext(&state);
    state.uc_stack.ss_sp = stack;
    state.uc_stack.ss_size = STACK_BYTES;
    state.uc_link = nullptr;
    makecontext(&state, entry, 0);
  }
  static void change(Context& from, Context& to) { swapcontext(&from.state, &to.state); }
};
#endif

enum class Phase { READY, AT_WARP, AT_BLOCK, DONE };

struct Warp {
  int lanes = 0;
  int arrived = 0;
  // Two sets, used in turn: no lane can be two exchanges ahead of another.
  int set = 0;
  uint32_t cells[2][WARP_LANES * EXCHANGE_WORDS];
};

class Block {
 public:
  Block() : contexts_(MAX_THREADS), phases_(MAX_THREADS), warps_(MAX_THREADS / WARP_LANES) {
    void* memory = mmap(nullptr, STACK_BYTES * MAX_THREADS, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
      throw std::bad_alloc();
    }
    stacks_ = static_cast<unsigned char*>(memory);
  }

  void run(const GridPlace& place, int threads, int shared_bytes, const std::function<void()>& body) {
    place_ = place;
    body_ = &body;
    shared_.resize(shared_bytes + 16);
    fault_.reset();
    for (int thread = 0; thread < threads; thread++) {
      contexts_[thread].prepare(stacks_ + STACK_BYTES * thread, &Block::enter);
      phases_[thread] = Phase::READY;
    }
    for (int first = 0; first < threads; first += WARP_LANES) {
      warps_[first / WARP_LANES].lanes = std::min(WARP_LANES, threads - first);
      warps_[first / WARP_LANES].arrived = 0;
    }
    while (true) {
      for (int first = 0; first < threads; first += WARP_LANES) {
        run_warp(first);
        if (fault_) {
          throw KernelFault(*fault_);
        }
      }
      if (!release(threads)) {
        return;
      }
    }
  }

  void wait_block() { leave(Phase::AT_BLOCK); }

  void wait_warp() {
    int first = current_ / WARP_LANES * WARP_LANES;
    Warp& warp = warps_[current_ / WARP_LANES];
    if (++warp.arrived < warp.lanes) {
      leave(Phase::AT_WARP);
      return;
    }
    warp.arrived = 0;
    warp.set ^= 1;
    for (int lane = 0; lane < warp.lanes; lane++) {
      phases_[first + lane] = Phase::READY;
    }
  }

  Warp& warp() { return warps_[current_ / WARP_LANES]; }
  int current() const { return current_; }
  const GridPlace& place() const { return place_; }
  unsigned char* shared() {
    return reinterpret_cast<unsigned char*>((reinterpret_cast<uintptr_t>(shared_.data()) + 15) & ~uintptr_t{15});
  }

 private:
  static void enter();

  void run_warp(int first) {
    int lanes = warps_[first / WARP_LANES].lanes;
    bool progress = true;
    while (progress) {
      progress = false;
      for (int lane = 0; lane < lanes && !fault_; lane++) {
        if (phases_[first + lane] == Phase::READY) {
          current_ = first + lane;
          Context::change(scheduler_, contexts_[current_]);
          progress = true;
        }
      }
    }
    for (int lane = 0; lane < lanes && !fault_; lane++) {
      if (phases_[first + lane] == Phase::AT_WARP) {
        fail(LAUNCH_FAILED, "a warp exchange waits for lanes that left or stand at a block barrier");
      }
    }
  }

  // Opens the block barrier; false when the block has ended.
  bool release(int threads) {
    int waiting = 0;
    for (int thread = 0; thread < threads; thread++) {
      waiting += phases_[thread] == Phase::AT_BLOCK;
    }
    if (waiting != 0 && waiting != threads) {
      throw KernelFault(LAUNCH_FAILED, "a block barrier waits for threads that left");
    }
    for (int thread = 0; thread < threads && waiting != 0; thread++) {
      phases_[thread] = Phase::READY;
    }
    return waiting != 0;
  }

  void leave(Phase phase) {
    int mine = current_;
    phases_[mine] = phase;
    Context::change(contexts_[mine], scheduler_);
  }

  void fail(int code, const char* what) { fault_ = std::make_unique<KernelFault>(code, what); }

  std::vector<Context> contexts_;
  std::vector<Phase> phases_;
  std::vector<Warp> warps_;
  std::vector<unsigned char> shared_;
  std::unique_ptr<KernelFault> fault_;
  Context scheduler_;
  GridPlace place_{};
  const std::function<void()>* body_ = nullptr;
  unsigned char* stacks_ = nullptr;
  int current_ = 0;
};

// One per machine thread, kept for the life of the thread.
Block& block() {
  static thread_local Block* mine = new Block();
  return *mine;
}

void Block::enter() {
  Block& self = block();
  try {
    (*self.body_)();
  } catch (const KernelFault& fault) {
    self.fail(fault.code, fault.what());
  } catch (const std::exception& e) {
    self.fail(LAUNCH_FAILED, e.what());
  }
  self.leave(Phase::DONE);
}

}  // namespace

int thread_index() { return block().current(); }
const GridPlace& grid_place() { return block().place(); }
unsigned char* dynamic_shared() { return block().shared(); }
void block_wait() { block().wait_block(); }

const uint32_t* exchange(const uint32_t* words, int count) {
  Block& self = block();
  uint32_t* cells = self.warp().cells[self.warp().set];
  std::memcpy(cells + self.current() % WARP_LANES * EXCHANGE_WORDS, words, count * sizeof(uint32_t));
  self.wait_warp();
  return cells;
}

void run_block(const GridPlace& place, int threads, int shared_bytes, const std::function<void()>& body) {
  block().run(place, threads, shared_bytes, body);
}

}  // namespace emulation
