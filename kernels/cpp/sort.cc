// Running sums and products, sorting and the first few of the sorted, along the middle axis of [outer, size, inner].
#include "kernel.h"

namespace drishti {
namespace DRISHTI_NS {

constexpr int32_t RUNNING_GRAIN = 16384;
constexpr int32_t RUNNING_LANES = 64;  // lines that run side by side

struct RunningSum {
  static constexpr double START = 0;
  static DRISHTI_INLINE double next(double so, double x) { return so + x; }
};
struct RunningProduct {
  static constexpr double START = 1;
  static DRISHTI_INLINE double next(double so, double x) { return so * x; }
};
struct RunningCount {  // wraps around
  static constexpr uint32_t START = 0;
  static DRISHTI_INLINE uint32_t next(uint32_t so, uint32_t x) { return so + x; }
};

// T is the element, A what it is accumulated in.
template <class Op, class T, class A> static int32_t run_along(const CumsumF32Params& p, void* const* buffers, Context& context) {
  const T* x = in<T>(buffers, 0);
  T* y = out<T>(buffers, 1);
  const int32_t blocks = (p.inner + RUNNING_LANES - 1) / RUNNING_LANES;
  const int32_t width = p.inner < RUNNING_LANES ? p.inner : RUNNING_LANES;
  const Slices slices = slice(p.outer * blocks, int32_t(RUNNING_GRAIN / (int64_t(p.size) * width + 1)) + 1);
  context.each(slices.count, [&](int32_t chunk, int32_t) {
    for (int32_t item = slices.begin(chunk); item < slices.end(chunk); ++item) {
      const int32_t lane = item % blocks * RUNNING_LANES;
      const int32_t lines = p.inner - lane < RUNNING_LANES ? p.inner - lane : RUNNING_LANES;
      const size_t from = size_t(item / blocks) * p.size * p.inner + lane;
      A so[RUNNING_LANES];
      for (int32_t i = 0; i < lines; ++i) so[i] = Op::START;
      for (int32_t n = 0; n < p.size; ++n) {
        const size_t at = from + size_t(p.reverse ? p.size - 1 - n : n) * p.inner;
        for (int32_t i = 0; i < lines; ++i) {
          const A next = Op::next(so[i], A(x[at + i]));
          y[at + i] = T(p.exclusive ? so[i] : next);
          so[i] = next;
        }
      }
    }
  });
  return 0;
}
static int32_t cumsum_floats(const CumsumF32Params& p, void* const* buffers, Context& context) {
  return run_along<RunningSum, float, double>(p, buffers, context);
}
static int32_t cumsum_ints(const CumsumF32Params& p, void* const* buffers, Context& context) {
  return run_along<RunningCount, uint32_t, uint32_t>(p, buffers, context);
}
static int32_t cumprod_floats(const CumsumF32Params& p, void* const* buffers, Context& context) {
  return run_along<RunningProduct, float, double>(p, buffers, context);
}
DRISHTI_KERNEL_EXACT(cumsum_f32, cumsum_floats)
DRISHTI_KERNEL_EXACT(cumsum_i32, cumsum_ints)
DRISHTI_KERNEL_EXACT(cumprod_f32, cumprod_floats)

// A number whose order as an unsigned one is that of the float: NaN above all, 0 and −0 alike.
static DRISHTI_INLINE uint32_t order_of(uint32_t bits, bool descending) {
  uint32_t key;
  if ((bits & 0x7fffffffu) > 0x7f800000u) key = 0xffffffffu;
  else if (bits == 0x80000000u) key = 0x80000000u;
  else key = bits >> 31 ? ~bits : bits | 0x80000000u;
  return descending ? ~key : key;
}

struct Entry {
  uint32_t key;
  int32_t index;
};

static void insertion_sort(Entry* a, int32_t n) {
  for (int32_t i = 1; i < n; ++i) {
    const Entry e = a[i];
    int32_t j = i;
    for (; j > 0 && a[j - 1].key > e.key; --j) a[j] = a[j - 1];
    a[j] = e;
  }
}

// Four passes over eight bits each; a pass in which all have the same eight is left out. The result is in `a`.
static void radix_sort(Entry* a, Entry* b, int32_t n) {
  Entry* const first = a;
  for (int32_t shift = 0; shift < 32; shift += 8) {
    int32_t counts[256] = {};
    for (int32_t i = 0; i < n; ++i) ++counts[a[i].key >> shift & 255];
    if (counts[a[0].key >> shift & 255] == n) continue;
    for (int32_t digit = 0, start = 0; digit < 256; ++digit) {
      const int32_t many = counts[digit];
      counts[digit] = start;
      start += many;
    }
    for (int32_t i = 0; i < n; ++i) b[counts[a[i].key >> shift & 255]++] = a[i];
    Entry* const swap = a;
    a = b;
    b = swap;
  }
  if (a != first) __builtin_memcpy(first, a, size_t(n) * sizeof(Entry));
}

constexpr int32_t FEW_TO_SORT = 32;  // below this, insertion is faster
constexpr int32_t FEW_TO_KEEP = 64;  // the first so many are kept in order while the line is read

static ScratchNeed sort_scratch(const TopkF32Params& p, int32_t) { return {size_t(p.size) * 2 * sizeof(Entry) + 64, 0}; }

// The first `count` of each line in order.
static void sort_lines(const TopkF32Params& p, bool descending, void* const* buffers, Context& context) {
  const uint32_t* x = in<uint32_t>(buffers, 0);
  uint32_t* values = out<uint32_t>(buffers, 1);
  int32_t* indices = out<int32_t>(buffers, 2);
  if (p.size == 0 || p.count == 0) return;
  const Slices slices = slice(p.outer * p.inner, int32_t(RUNNING_GRAIN / (int64_t(p.size) * 4)) + 1);
  context.each(slices.count, [&](int32_t chunk, int32_t thread) {
    Entry* a = context.scratch_of<Entry>(thread);
    for (int32_t line = slices.begin(chunk); line < slices.end(chunk); ++line) {
      const size_t o = line / p.inner, i = line % p.inner;
      const uint32_t* from = x + o * p.size * p.inner + i;
      if (p.count <= FEW_TO_KEEP && p.count * 8 <= p.size) {
        int32_t have = 0;
        for (int32_t k = 0; k < p.size; ++k) {
          const Entry e = {order_of(from[size_t(k) * p.inner], descending), k};
          if (have == p.count && e.key >= a[have - 1].key) continue;
          int32_t j = have < p.count ? have++ : have - 1;
          for (; j > 0 && a[j - 1].key > e.key; --j) a[j] = a[j - 1];
          a[j] = e;
        }
      } else {
        for (int32_t k = 0; k < p.size; ++k) a[k] = {order_of(from[size_t(k) * p.inner], descending), k};
        if (p.size <= FEW_TO_SORT) insertion_sort(a, p.size);
        else radix_sort(a, a + p.size, p.size);
      }
      const size_t to = o * p.count * p.inner + i;
      for (int32_t k = 0; k < p.count; ++k) {
        values[to + size_t(k) * p.inner] = from[size_t(a[k].index) * p.inner];
        indices[to + size_t(k) * p.inner] = a[k].index;
      }
    }
  });
}

static ScratchNeed sort_all_scratch(const SortF32Params& p, int32_t threads) {
  return sort_scratch({p.outer, p.size, p.inner, p.size, 0}, threads);
}
static int32_t sort_all(const SortF32Params& p, void* const* buffers, Context& context) {
  sort_lines({p.outer, p.size, p.inner, p.size, 0}, p.descending != 0, buffers, context);
  return 0;
}
static int32_t sort_some(const TopkF32Params& p, void* const* buffers, Context& context) {
  sort_lines(p, p.largest != 0, buffers, context);
  return 0;
}
DRISHTI_KERNEL_SCRATCH(sort_f32, sort_all, sort_all_scratch)
DRISHTI_KERNEL_SCRATCH(topk_f32, sort_some, sort_scratch)

}  // namespace DRISHTI_NS
}  // namespace drishti
