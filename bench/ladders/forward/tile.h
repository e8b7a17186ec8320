// A register tile: P pixels by 2 vectors of output channels. Each step loads 2 vectors of weights and P numbers for 2 P multiply-adds.
#pragma once
#include "../harness.h"

namespace ladder {
// As many sums as there are registers for them: 16 of 32, 12 of 16, 8 of 16.
constexpr int P = LANES == 16 ? 8 : LANES == 8 ? 6 : 4;
constexpr int BLOCK = 2 * LANES;

// sum over the runs, each `length` values `step` apart, beginning at pixel[p][run offset]; weights in the order of the loop.
template <int rows> DRISHTI_INLINE void tile(const float* const* pixel, const int* runs, int run_count, int length, int step, const float* weights, float* out) {
  F sum[rows][2] = {};
  for (int r = 0; r < run_count; ++r) {
    int at = runs[r];
    for (int k = 0; k < length; ++k, at += step, weights += BLOCK) {
      const F w0 = load<F>(weights), w1 = load<F>(weights + LANES);
      for (int p = 0; p < rows; ++p) {
        const F value = splat<F>(pixel[p][at]);
        sum[p][0] = fma(value, w0, sum[p][0]);
        sum[p][1] = fma(value, w1, sum[p][1]);
      }
    }
  }
  for (int p = 0; p < rows; ++p)
    for (int v = 0; v < 2; ++v) store(out + p * BLOCK + v * LANES, sum[p][v]);
}
// All pixels of an image, P at a time; what is left is fewer.
inline void tiles(const float* const* pixels, const int* runs, int run_count, int length, int step, const float* weights, float* out) {
  constexpr int whole = S * S / P * P, rest = S * S - whole;
  for (int p = 0; p < whole; p += P) tile<P>(pixels + p, runs, run_count, length, step, weights, out + p * BLOCK);
  if constexpr (rest > 0) tile<rest>(pixels + whole, runs, run_count, length, step, weights, out + whole * BLOCK);
}
}  // namespace ladder
