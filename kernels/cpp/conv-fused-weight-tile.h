// The inner loop of the dense weight gradient for NHWC input: X vectors are loaded, G is broadcast, the sum over pixels stays in
// registers.
#pragma once
#include "conv-fused-weight-plan.h"

namespace drishti {
namespace DRISHTI_NS {

// Pixels of a pass, as the tiles walk them.
struct WeightPixels {
  int32_t images, rows, columns;
  ptrdiff_t image, row, step;  // of X, in floats
  int32_t panel;               // floats of G from pixel to pixel
  ptrdiff_t gap = 0;           // and behind a row, beyond that
};

// sums[r * pitch + t * LANES] += sum over pixels of g[r] * x[offsets[t]].
template <int R, int T>
__attribute__((noinline)) static void weight_tile(const WeightPixels& p, const float* x, const float* g, const int32_t* offsets, float* sums, ptrdiff_t pitch) {
  F sum[R][T];
  for (int r = 0; r < R; ++r)
    for (int t = 0; t < T; ++t) sum[r][t] = F{};
  ptrdiff_t at[T];
  for (int t = 0; t < T; ++t) at[t] = offsets[t];
  for (int32_t n = 0; n < p.images; ++n)
    for (int32_t y = 0; y < p.rows; ++y, g += p.gap) {
      const float* from = x + n * p.image + y * p.row;
      for (int32_t k = p.columns; k > 0; --k, from += p.step, g += p.panel) {
        F v[T];
        for (int t = 0; t < T; ++t) v[t] = load<F>(from + at[t]);
        for (int r = 0; r < R; ++r) {
          const F a = splat<F>(g[r]);
          for (int t = 0; t < T; ++t) sum[r][t] = fma(a, v[t], sum[r][t]);
        }
      }
    }
  for (int r = 0; r < R; ++r)
    for (int t = 0; t < T; ++t) {
      float* to = sums + r * pitch + t * LANES;
      store(to, load<F>(to) + sum[r][t]);
    }
}
template <int R> static void weight_tiles(int t, const WeightPixels& p, const float* x, const float* g, const int32_t* offsets, float* sums, ptrdiff_t pitch) {
  if (t == 1) weight_tile<R, 1>(p, x, g, offsets, sums, pitch);
  else if (t == 2) weight_tile<R, 2>(p, x, g, offsets, sums, pitch);
  if constexpr (TILE_COLUMNS > 2) {
    if (t == 3) weight_tile<R, 3>(p, x, g, offsets, sums, pitch);
  }
  if constexpr (TILE_COLUMNS > 3) {
    if (t == 4) weight_tile<R, 4>(p, x, g, offsets, sums, pitch);
    else if (t == 5) weight_tile<R, 5>(p, x, g, offsets, sums, pitch);
    else if (t == 6) weight_tile<R, 6>(p, x, g, offsets, sums, pitch);
  }
}

}  // namespace DRISHTI_NS
}  // namespace drishti
