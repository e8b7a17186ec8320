// Reading and writing along an axis by index: input [outer, size, inner], an index for every (o, k, i) of
// [outer, count, inner] at o·indexOuter + k·indexAxis + i·indexInner. Indices are checked before anything is written.
#include "kernel.h"

namespace drishti {
namespace DRISHTI_NS {

constexpr int32_t INDEX_GRAIN = 16384;

// The first index outside [0, size), in order: status 1, facts {index, position}. An axis of stride 0 is looked at once.
static int32_t check_indices(const GatherF32Params& p, const int32_t* indices, Context& context) {
  if (p.outer == 0 || p.count == 0 || p.inner == 0) return 0;
  const int32_t outer = p.indexOuter == 0 ? 1 : p.outer, inner = p.indexInner == 0 ? 1 : p.inner;
  for (int32_t o = 0; o < outer; ++o)
    for (int32_t k = 0; k < p.count; ++k)
      for (int32_t i = 0; i < inner; ++i) {
        const int32_t at = o * p.indexOuter + k * p.indexAxis + i * p.indexInner;
        if (indices[at] >= 0 && indices[at] < p.size) continue;
        context.facts[0] = indices[at];
        context.facts[1] = at;
        return 1;
      }
  return 0;
}

static int32_t gather_by_index(const GatherF32Params& p, void* const* buffers, Context& context) {
  const int32_t* x = in<int32_t>(buffers, 0);  // bits: the same for every type of 32
  const int32_t* indices = in<int32_t>(buffers, 1);
  int32_t* y = out<int32_t>(buffers, 2);
  if (const int32_t status = check_indices(p, indices, context)) return status;
  if (p.inner == 0) return 0;
  const Slices slices = slice(p.outer * p.count, INDEX_GRAIN / p.inner + 1);
  context.each(slices.count, [&](int32_t chunk, int32_t) {
    for (int32_t row = slices.begin(chunk); row < slices.end(chunk); ++row) {
      const int32_t o = row / p.count, k = row % p.count;
      const int32_t* index = indices + o * p.indexOuter + k * p.indexAxis;
      const int32_t* from = x + size_t(o) * p.size * p.inner;
      int32_t* to = y + size_t(row) * p.inner;
      if (p.indexInner == 0) __builtin_memcpy(to, from + size_t(*index) * p.inner, size_t(p.inner) * sizeof(int32_t));
      else
        for (int32_t i = 0; i < p.inner; ++i) to[i] = from[size_t(index[i * p.indexInner]) * p.inner + i];
    }
  });
  return 0;
}
DRISHTI_KERNEL_EXACT(gather_f32, gather_by_index)
DRISHTI_KERNEL_EXACT(gather_i32, gather_by_index)

// A chunk has some of the inner elements of one o and all of k, so that what meets in one place is added in order of k.
constexpr int32_t INDEX_BLOCK = 256;
template <bool ADD> static int32_t scatter_by_index(const GatherF32Params& p, void* const* buffers, Context& context) {
  const float* x = in<float>(buffers, 0);
  const int32_t* indices = in<int32_t>(buffers, 1);
  float* y = out<float>(buffers, 2);
  if (const int32_t status = check_indices(p, indices, context)) return status;
  const int32_t blocks = (p.inner + INDEX_BLOCK - 1) / INDEX_BLOCK;
  const int32_t width = p.inner < INDEX_BLOCK ? p.inner : INDEX_BLOCK;
  const Slices slices = slice(p.outer * blocks, int32_t(INDEX_GRAIN / (int64_t(p.count) * width + 1)) + 1);
  context.each(slices.count, [&](int32_t chunk, int32_t) {
    for (int32_t item = slices.begin(chunk); item < slices.end(chunk); ++item) {
      const int32_t o = item / blocks, begin = item % blocks * INDEX_BLOCK;
      const int32_t end = p.inner - begin < INDEX_BLOCK ? p.inner : begin + INDEX_BLOCK;
      float* to = y + size_t(o) * p.size * p.inner;
      for (int32_t k = 0; k < p.count; ++k) {
        const float* from = x + (size_t(o) * p.count + k) * p.inner;
        const int32_t* index = indices + o * p.indexOuter + k * p.indexAxis;
        for (int32_t i = begin; i < end; ++i) {
          float* at = to + size_t(index[i * p.indexInner]) * p.inner + i;
          *at = ADD ? *at + from[i] : from[i];
        }
      }
    }
  });
  return 0;
}
static int32_t scatter_store(const GatherF32Params& p, void* const* buffers, Context& context) {
  return scatter_by_index<false>(p, buffers, context);
}
static int32_t scatter_add(const GatherF32Params& p, void* const* buffers, Context& context) {
  return scatter_by_index<true>(p, buffers, context);
}
DRISHTI_KERNEL_EXACT(scatter_f32, scatter_store)
DRISHTI_KERNEL_EXACT(scatter_add_f32, scatter_add)

}  // namespace DRISHTI_NS
}  // namespace drishti
