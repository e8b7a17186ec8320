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

// Where a tile starts: a bias of V vectors for all rows (pitch 0), or the sums so far.
struct TileIo {
  const float* start[MAX_TILE_ROWS];
  float* out[MAX_TILE_ROWS];
  const float* rows[MAX_TILE_ROWS];
  float spare[2 * LANES];  // where rows too many go

  DRISHTI_INLINE void set(int32_t j, const float* row, const float* from, float* to) {
    rows[j] = row;
    start[j] = from;
    out[j] = to;
  }
  // Rows from `count` on repeat the last one, for nothing.
  DRISHTI_INLINE void repeat(int32_t count, int32_t tile_rows) {
    for (int32_t j = count; j < tile_rows; ++j) set(j, rows[count - 1], ZEROS, spare);
  }
};

template <int P, int V>
__attribute__((noinline)) static void tile(const TileIo& io, const float* w, const Stretch* runs, int32_t run_count, ptrdiff_t step) {
  F sum[P][V];
  const float* p[P];
  for (int j = 0; j < P; ++j) {
    p[j] = io.rows[j];
    for (int v = 0; v < V; ++v) sum[j][v] = F{};
  }
  for (const Stretch* run = runs; run != runs + run_count; ++run) {
    ptrdiff_t at = run->offset;
    for (int32_t k = run->length; k > 0; --k, at += step, w += V * LANES) {
      F b[V];
      for (int v = 0; v < V; ++v) b[v] = load<F>(w + v * LANES);
      for (int j = 0; j < P; ++j) {
        const F a = splat<F>(p[j][at]);
        for (int v = 0; v < V; ++v) sum[j][v] = fma(a, b[v], sum[j][v]);
      }
    }
  }
  for (int j = 0; j < P; ++j)
    for (int v = 0; v < V; ++v) store(io.out[j] + v * LANES, load<F>(io.start[j] + v * LANES) + sum[j][v]);
}

// Rows a tile takes when `left` remain: the full tile, or the smallest that holds the rest.
constexpr int32_t rows_for(int32_t left, int v) {
  const int32_t full = v == 1 ? MAX_TILE_ROWS : TILE_ROWS;
  if (left >= full) return full;
  if (v == 2 && left <= 2) return 2;
  return left <= 4 ? 4 : full;
}

// v and rows as chosen by rows_for.
static inline void run_tile(int v, int32_t rows, const TileIo& io, const float* w, const Stretch* runs, int32_t run_count, ptrdiff_t step) {
  if (v == 1) {
    if (rows == 4) tile<4, 1>(io, w, runs, run_count, step);
    else tile<MAX_TILE_ROWS, 1>(io, w, runs, run_count, step);
    return;
  }
  if (rows == 2) return tile<2, 2>(io, w, runs, run_count, step);
  if constexpr (TILE_ROWS != 4)
    if (rows == TILE_ROWS) return tile<TILE_ROWS, 2>(io, w, runs, run_count, step);
  tile<4, 2>(io, w, runs, run_count, step);
}

constexpr int32_t ceil_div(int64_t a, int64_t b) { return int32_t((a + b - 1) / b); }
constexpr size_t round_up(size_t a, size_t b) { return (a + b - 1) / b * b; }
constexpr int32_t lesser(int32_t a, int32_t b) { return a < b ? a : b; }
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

}  // namespace DRISHTI_NS
}  // namespace drishti
