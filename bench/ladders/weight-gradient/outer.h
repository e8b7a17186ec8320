// An outer product: 4 output channels by the three taps of a row and some channels. g is broadcast, x is loaded, the sums over the
// pixels stay in registers: nothing is added across lanes.
#pragma once
#include "step.h"

constexpr int OUTPUTS = LANES == 4 ? 2 : 4, VECTORS = LANES == 16 ? 2 : 1;
constexpr int ACROSS = VECTORS * LANES;  // input channels at a time

// dw[o .. o+OUTPUTS][row of taps][three taps][channels c .. c+ACROSS] over one image. `back`: the first pixel's gradients of those
// outputs; the next pixel's are `step` further on.
DRISHTI_INLINE void outer(const float* x, const float* back, int step, float* laid, int o, int tap_row, int c) {
  F sums[OUTPUTS][K][VECTORS];
  const auto at = [&](int i, int j, int v) { return laid + ((o + i) * K * K + tap_row * K + j) * C + c + v * LANES; };
  for (int i = 0; i < OUTPUTS; ++i)
    for (int j = 0; j < K; ++j)
      for (int v = 0; v < VECTORS; ++v) sums[i][j][v] = load<F>(at(i, j, v));
  for (int row = 0; row < S; ++row)
    for (int k = 0; k < S; ++k, back += step) {
      const float* pixel = x + ((row + tap_row) * PAD + k) * C + c;
      F value[K][VECTORS];
      for (int j = 0; j < K; ++j)
        for (int v = 0; v < VECTORS; ++v) value[j][v] = load<F>(pixel + j * C + v * LANES);
      for (int i = 0; i < OUTPUTS; ++i) {
        const F factor = splat<F>(back[i]);
        for (int j = 0; j < K; ++j)
          for (int v = 0; v < VECTORS; ++v) sums[i][j][v] = fma(factor, value[j][v], sums[i][j][v]);
      }
    }
  for (int i = 0; i < OUTPUTS; ++i)
    for (int j = 0; j < K; ++j)
      for (int v = 0; v < VECTORS; ++v) store(at(i, j, v), sums[i][j][v]);
}

// All of one image's, channels outermost: what is read of x is a third of L1, and is read again for every four outputs.
template <class Back> DRISHTI_INLINE void image(const float* x, Back back, int step, float* laid) {
  for (int c = 0; c < C; c += ACROSS)
    for (int tap_row = 0; tap_row < K; ++tap_row)
      for (int o = 0; o < O; o += OUTPUTS) outer(x, back(o), step, laid, o, tap_row, c);
}
