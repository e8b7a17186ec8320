// Convolution, bias, ReLU and 2x2 max-pool of one image. Pixels are walked window by window, so that the four sums of a window follow
// one another in L1, where the rest is done; a quarter of the numbers is written.
#pragma once
#include "packed.h"

namespace ladder {
constexpr int WINDOWS = POOLED * POOLED;

inline void convolve_image(const float* x, const float* packed, const float* b, float* y, float* sums) {
  const float* pixels[S * S];
  for (int q = 0; q < WINDOWS; ++q)
    for (int p = 0; p < 4; ++p) pixels[4 * q + p] = x + ((q / POOLED * 2 + p / 2) * PAD + q % POOLED * 2 + p % 2) * C;
  for (int block = 0; block < O; block += BLOCK) {
    tiles(pixels, runs, K, K * C, 1, packed + block * C * K * K, sums);
    for (int q = 0; q < WINDOWS; ++q)
      for (int v = 0; v < BLOCK; v += LANES) {
        const float* at = sums + 4 * q * BLOCK + v;
        const F most = max(max(load<F>(at), load<F>(at + BLOCK)), max(load<F>(at + 2 * BLOCK), load<F>(at + 3 * BLOCK)));
        store(y + q * O + block + v, max(most + load<F>(b + block + v), F{}));
      }
  }
}
}  // namespace ladder
