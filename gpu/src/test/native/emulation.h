// State of the emulated driver and the switches by which tests make it fail.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace emulation {

// Driver codes, as cuda.h numbers them.
enum Code {
  SUCCESS = 0,
  INVALID_VALUE = 1,
  OUT_OF_MEMORY = 2,
  NOT_INITIALIZED = 3,
  NO_DEVICE = 100,
  INVALID_DEVICE = 101,
  INVALID_IMAGE = 200,
  INVALID_CONTEXT = 201,
  ECC_UNCORRECTABLE = 214,
  INVALID_HANDLE = 400,
  NOT_FOUND = 500,
  ILLEGAL_ADDRESS = 700,
  HARDWARE_STACK_ERROR = 714,
  ILLEGAL_INSTRUCTION = 715,
  MISALIGNED_ADDRESS = 716,
  LAUNCH_FAILED = 719,
  STREAM_CAPTURE_UNSUPPORTED = 900,
};

// Work of a stream: run when somebody waits for the stream, so a host that does not wait sees that.
using Work = std::function<void()>;

struct Graph {
  std::vector<Work> nodes;
};

struct Context {
  int device = 0;
  int sticky = SUCCESS;
  bool alive = true;
};

struct Stream {
  Context* context = nullptr;
  std::deque<Work> queue;
  std::unique_ptr<Graph> capture;
};

struct Function {
  std::string name;
  int dynamic_shared = 48 * 1024;
};

struct Driver {
  bool initialized = false;
  int devices = 1;
  int version = 13000;
  int compute_major = 9;
  int compute_minor = 0;
  long calls = 0;
  std::map<std::string, long> calls_by_name;
  long bytes_to_device = 0;
  long bytes_to_host = 0;
  long overstated = 0;
  long fail_at = -1;
  long lose_at = -1;
  int fail_code = SUCCESS;
  std::set<int> lost;
  std::set<Stream*> streams;
  std::map<void*, Context*> pinned;
  long launches = 0;
  long graph_launches = 0;
  std::string last_fault;
  // While this file is there, GPU 0 is lost: the switch of whoever runs the product as a process.
  std::string lose_file;
};

Driver& driver();

// Counts a call and gives the code it must fail with: injected, or that of a broken context or device.
int enter(const char* call);

// The same for a context other than the current one, or none.
int enter(const char* call, Context* context);

// Runs what a stream has queued; a kernel fault becomes the context's sticky error.
int drain(Stream* stream);

bool is_sticky(int code);

}  // namespace emulation
