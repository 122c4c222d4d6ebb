// The threads of one CUDA block as fibers of one machine thread, with the block's barriers and the
// exchanges inside a warp.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>

namespace emulation {

constexpr int WARP_LANES = 32;
constexpr int MAX_THREADS = 1024;
constexpr int EXCHANGE_WORDS = 6;

// A kernel did what a GPU would stop it for.
struct KernelFault : std::runtime_error {
  int code;
  KernelFault(int code, const std::string& what) : std::runtime_error(what), code(code) {}
};

struct GridPlace {
  int block_x, block_y, block_z;
  int grid_x, grid_y, grid_z;
};

// What the running fiber may ask; valid inside run_block only.
int thread_index();
const GridPlace& grid_place();
unsigned char* dynamic_shared();

// Waits for all threads of the block.
void block_wait();

// Gives every lane of the warp the words of all: lane l's word w is at [l * EXCHANGE_WORDS + w].
// The view is valid until the lane's next exchange.
const uint32_t* exchange(const uint32_t* words, int count);

// Runs `body` once for each of `threads` threads; throws the first KernelFault of any.
void run_block(const GridPlace& place, int threads, int shared_bytes, const std::function<void()>& body);

}  // namespace emulation
