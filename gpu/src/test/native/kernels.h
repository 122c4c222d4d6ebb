// The kernels of the module by name, to be run by the emulated driver.
#pragma once

#include <functional>
#include <string>

namespace emulation {

// Reads a kernel's parameters, as cuLaunchKernel gets them, and makes the body of one thread.
using Binder = std::function<std::function<void()>(void** parameters)>;

// The kernel of that name, or null.
const Binder* find_kernel(const std::string& name);

}  // namespace emulation
