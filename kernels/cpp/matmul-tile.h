// The one inner loop behind convolution, linear and matmul: a register tile of outer products.
//
//   out[j][lane] = start[j][lane] + (sum over k of  rows[j][at(k)] * w[k][lane])        j < P, lane < V * LANES
//
// The sum starts at 0 and `start` is added last, so long sums are made of short ones and lose little. `w` is a packed panel, one row of V vectors for every k. The other operand is read by broadcast: P pointers, and for each
// run of k an offset common to all of them, growing by `step`. Pixels, taps, strides, dilation, images and matrix rows are all
// just pointers, offsets and steps. The sum stays in registers, k in order.
#pragma once
#include "simd.h"

namespace drishti {
namespace DRISHTI_NS {

// `length` values of k, at rows[j][offset], rows[j][offset + step], …
struct Stretch {
  int32_t offset;
  int32_t length;
};

// Broadcast rows of the full tile, by vectors across. Measured: docs/kernels.md. Two vectors are the rule; one serves outputs
// that are no wider than a vector.
#if defined(__aarch64__) || DRISHTI_LANES == 16
constexpr int TILE_ROWS = 8;   // 32 vector registers
#elif DRISHTI_LANES == 8
constexpr int TILE_ROWS = 6;   // 12 sums + 2 + 1 of 16 registers; more integer registers than 6 pointers leave are not there
#else
constexpr int TILE_ROWS = 4;   // V8 spills above 8 sums
#endif
constexpr int MAX_TILE_ROWS = 8;

alignas(64) static const float ZEROS[2 * LANES] = {};

constexpr int32_t ceil_div(int64_t a, int64_t b) { return int32_t((a + b - 1) / b); }
constexpr size_t round_up(size_t a, size_t b) { return (a + b - 1) / b * b; }
constexpr int32_t lesser(int32_t a, int32_t b) { return a < b ? a : b; }
constexpr int32_t greater(int32_t a, int32_t b) { return a > b ? a : b; }
constexpr int32_t clamp_to(int32_t a, int32_t low, int32_t high) { return a < low ? low : a > high ? high : a; }

// Chunks worth having for so many multiply-adds: about half a million each, 16 at most. By shape alone.
constexpr int32_t CHUNKS = 16;
constexpr int32_t chunks_for(double products) { return products > CHUNKS * 5e5 ? CHUNKS : 1 + int32_t(products / 5e5); }

// Short copies and fills: no call, and no library where there is none.
DRISHTI_INLINE void copy_row(float* to, const float* from, int32_t count) {
  int32_t i = 0;
  for (; i + LANES <= count; i += LANES) store(to + i, load<F>(from + i));
  for (; i < count; ++i) to[i] = from[i];
}
DRISHTI_INLINE void zero_row(float* to, int32_t count) {
  int32_t i = 0;
  for (; i + LANES <= count; i += LANES) store(to + i, F{});
  for (; i < count; ++i) to[i] = 0;
}

// Vectors a panel is wide for `width` outputs.
constexpr int vectors_for(int32_t width) { return width <= LANES ? 1 : 2; }

// A row of the tile: where it reads, where it adds up; both in elements from a base.
struct Spot {
  ptrdiff_t source, dest;
};

// What all rows share. Sums start from `start` (V vectors, or null), plus row_start[row] (or null); if both are null, from out.
struct TileCall {
  const float* source;
  const float* panel;
  const Stretch* stretches;
  int32_t stretch_count;
  ptrdiff_t step;
  const float* start;
  const float* row_start;
  float* out;
  int32_t same = 0;              // the length of every stretch, where it is one of 3, 5 and 7 and the step 1
  const float* ahead = nullptr;  // where the next panel is read from: fetched on the way, `ahead_bytes` of it for each k
  int32_t ahead_bytes = 0;
};

// Into L2: L1 holds the panel in use. WebAssembly has no instruction for it.
#if defined(__wasm__)
constexpr bool CAN_FETCH = false;
#else
constexpr bool CAN_FETCH = true;
#endif
DRISHTI_INLINE void fetch_ahead(const char* at) { __builtin_prefetch(at, 0, 2); }

// The sums of one tile of P rows. L: the length of all stretches, unrolled; 0: any. FETCH: reads ahead.
template <int P, int V, int L, bool FETCH> DRISHTI_INLINE void sum_tile(const TileCall& call, const Spot* spots, const char*& ahead, F (&sum)[P][V]) {
  const float* p[P];
  for (int j = 0; j < P; ++j) {
    p[j] = call.source + spots[j].source;
    for (int v = 0; v < V; ++v) sum[j][v] = F{};
  }
  const float* w = call.panel;
  const ptrdiff_t step = call.step;
  const Stretch* const end = call.stretches + call.stretch_count;
  for (const Stretch* s = call.stretches; s != end; ++s) {
    ptrdiff_t at = s->offset;
    const auto multiply = [&](ptrdiff_t from, const float* panel) DRISHTI_LAMBDA_INLINE {
      F b[V];
      for (int v = 0; v < V; ++v) b[v] = load<F>(panel + v * LANES);
      for (int j = 0; j < P; ++j) {
        const F a = splat<F>(p[j][from]);
        for (int v = 0; v < V; ++v) sum[j][v] = fma(a, b[v], sum[j][v]);
      }
    };
    if constexpr (L > 0) {
#pragma GCC unroll 7
      for (int k = 0; k < L; ++k) multiply(at + k, w + k * V * LANES);
      w += L * V * LANES;
    } else {
      for (int32_t k = s->length; k > 0; --k, at += step, w += V * LANES) {
        multiply(at, w);
        if constexpr (FETCH) fetch_ahead(ahead), ahead += call.ahead_bytes;
      }
    }
  }
}

// `count` tiles of P rows.
template <int P, int V, int L = 0, bool FETCH = false>
__attribute__((noinline)) static void tiles(const TileCall& call, const Spot* spots, int32_t count, const float* row_start) {
  const char* ahead = reinterpret_cast<const char*>(call.ahead);
  for (; count > 0; --count, spots += P) {
    F sum[P][V];
    sum_tile<P, V, L, FETCH>(call, spots, ahead, sum);
    for (int j = 0; j < P; ++j) {
      float* const to = call.out + spots[j].dest;
      const float* const from = call.start ? call.start : to;
      for (int v = 0; v < V; ++v) {
        const F first = row_start ? splat<F>(row_start[j]) : load<F>(from + v * LANES);
        store(to + v * LANES, first + sum[j][v]);
      }
    }
    if (row_start) row_start += P;
  }
}

// All rows, in full tiles and then smaller ones.
template <int V> static void all_tiles(const TileCall& call, const Spot* spots, int32_t count) {
  constexpr int P = V == 1 ? MAX_TILE_ROWS : TILE_ROWS;
  const float* row_start = call.row_start;
  const auto take = [&](void (*run)(const TileCall&, const Spot*, int32_t, const float*), int32_t rows, int32_t times) {
    run(call, spots, times, row_start);
    spots += rows * times;
    count -= rows * times;
    if (row_start) row_start += rows * times;
  };
  if (count >= P) {
    if (call.same == 3) take(tiles<P, V, 3>, P, count / P);
    else if (call.same == 5) take(tiles<P, V, 5>, P, count / P);
    else if (call.same == 7) take(tiles<P, V, 7>, P, count / P);
    else if (CAN_FETCH && V == 2 && call.ahead) take(tiles<P, V, 0, CAN_FETCH>, P, count / P);
    else take(tiles<P, V>, P, count / P);
  }
  if constexpr (P > 4)
    if (count >= 4) take(tiles<4, V>, 4, 1);
  if (count == 3) take(tiles<3, V>, 3, 1);
  if (count == 2) take(tiles<2, V>, 2, 1);
  if (count == 1) take(tiles<1, V>, 1, 1);
}
static inline void run_tiles(int v, const TileCall& call, const Spot* spots, int32_t count) {
  if (v == 1) all_tiles<1>(call, spots, count);
  else all_tiles<2>(call, spots, count);
}

}  // namespace DRISHTI_NS
}  // namespace drishti
