// What every kernel sees: its parameters, its buffers, and a context that splits work and lends scratch memory.
#pragma once
#include <stddef.h>  // C headers only: the WASM build has no C++ library
#include <stdint.h>

namespace drishti {

// Chunks are cut by shape alone, never by the number of threads, so results are the same bits on 1 or 64 threads.
struct Context {
  int32_t threads;          // workers, the caller included
  char* scratch;            // threads * scratch_per_thread bytes, 128-byte aligned, then shared scratch
  size_t scratch_per_thread;
  char* shared;             // shared scratch of the running kernel
  int32_t facts[2];         // numbers a refusal reports
  // Runs body(arg, chunk, thread) for every chunk in [0, chunks), chunks taken dynamically; returns when all are done.
  void (*parallel)(Context*, int32_t chunks, void (*body)(void*, int32_t chunk, int32_t thread), void* arg);

  // always_inline: each ISA must keep its own copy, the linker may not pick one of them.
  template <class F> __attribute__((always_inline)) void each(int32_t chunks, F&& f) {
    if (chunks == 1 || threads == 1) {
      for (int32_t c = 0; c < chunks; ++c) f(c, 0);
      return;
    }
    parallel(this, chunks, [](void* a, int32_t c, int32_t t) { (*static_cast<F*>(a))(c, t); }, &f);
  }
  template <class T> __attribute__((always_inline)) T* scratch_of(int32_t thread) { return reinterpret_cast<T*>(scratch + size_t(thread) * scratch_per_thread); }
};

// Scratch a call needs; asked for before it runs.
struct ScratchNeed {
  size_t per_thread = 0;
  size_t shared = 0;
};

// 0: done; otherwise a refusal that the contract documents.
using KernelFn = int32_t (*)(const void* params, void* const* buffers, Context& context);
using ScratchFn = ScratchNeed (*)(const void* params, int32_t threads);

struct KernelEntry {
  KernelFn run = nullptr;
  ScratchFn scratch = nullptr;
  bool keep_denormals = false;  // false: the run flushes denormals to zero; kernels that compare or select must not
};

}  // namespace drishti
