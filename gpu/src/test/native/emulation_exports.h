// What the emulated driver offers to emulated libraries above it.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

// Whether the calling thread has a context.
int adaspec_emulation_has_context();

// Queues work in a stream: a driver code, which becomes the context's error unless it is 0.
int adaspec_emulation_submit(void* stream, int (*work)(void* data), void* data);

// Whether bytes lie within one allocation of GPU memory.
int adaspec_emulation_holds(uintptr_t address, size_t bytes);
}
