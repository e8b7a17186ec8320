// How a kernel enters the table: DRISHTI_KERNEL(relu_f32, run_function), or DRISHTI_KERNEL_SCRATCH with a scratch_function.
//   int32_t run_function(const ReluF32Params& p, void* const* buffers, Context& context)   returns 0, or a refusal of the contract
//   ScratchNeed scratch_function(const ReluF32Params& p, int32_t threads)
#pragma once
#include "contract.h"
#include "drishti.h"
#include "simd.h"

namespace drishti {
namespace DRISHTI_NS {

// A kernel of the contract that nobody wrote has an empty entry; the backend's `supports` says so.
template <int32_t id> struct Kernel { static constexpr KernelEntry entry = {}; };

template <auto fn> struct Erased;
template <class P, int32_t (*fn)(const P&, void* const*, Context&)> struct Erased<fn> {
  static int32_t call(const void* params, void* const* buffers, Context& context) {
    return fn(*static_cast<const P*>(params), buffers, context);
  }
};
template <class P, ScratchNeed (*fn)(const P&, int32_t)> struct Erased<fn> {
  static ScratchNeed call(const void* params, int32_t threads) { return fn(*static_cast<const P*>(params), threads); }
};


#define DRISHTI_KERNEL(name, run) \
  template <> struct Kernel<id_##name> { static constexpr KernelEntry entry = {Erased<&run>::call, nullptr, false}; };
#define DRISHTI_KERNEL_SCRATCH(name, run, scratch) \
  template <> struct Kernel<id_##name> { static constexpr KernelEntry entry = {Erased<&run>::call, Erased<&scratch>::call, false}; };
// For kernels that compare, select or convert: 1e-40 is not 0 to them, as in PyTorch.
#define DRISHTI_KERNEL_EXACT(name, run) \
  template <> struct Kernel<id_##name> { static constexpr KernelEntry entry = {Erased<&run>::call, nullptr, true}; };

// Chunks of about `grain` elements, cut by size alone, a multiple of 64 elements each.
struct Slices {
  int32_t count;  // of chunks
  int32_t step;   // elements of a chunk
  int32_t total;
  DRISHTI_INLINE int32_t begin(int32_t chunk) const { return chunk * step; }
  DRISHTI_INLINE int32_t end(int32_t chunk) const { return total - begin(chunk) < step ? total : begin(chunk) + step; }
};
static inline Slices slice(int32_t total, int32_t grain) {
  if (total <= grain + grain / 2) return {total > 0, total, total};
  const int32_t parts = (total - 1) / grain + 1;
  const int32_t step = (((total - 1) / parts + 1) + 63) & ~63;
  return {(total - 1) / step + 1, step, total};
}

template <class T> DRISHTI_INLINE const T* in(void* const* buffers, int i) { return static_cast<const T*>(buffers[i]); }
template <class T> DRISHTI_INLINE T* out(void* const* buffers, int i) { return static_cast<T*>(buffers[i]); }

}  // namespace DRISHTI_NS
}  // namespace drishti
