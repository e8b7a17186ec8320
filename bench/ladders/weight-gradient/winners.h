// The gradient of one image by its winners alone: for each output channel a list of (value, where), and for each entry value times the
// three rows of taps, which lie in a line in NHWC.
#pragma once
#include "step.h"

constexpr int LINE = K * C / LANES;                // vectors of a row of taps
constexpr int BATCH = LINE <= 12 ? LINE : LINE / 2;  // as many sums as there are registers for

struct Winner {
  float value;
  int pixel;
};

inline void add_image(const float* x, const float* g, float* laid, Winner* winners) {
  for (int o = 0; o < O; ++o) {
    int count = 0;
    for (int p = 0; p < S * S; ++p) {
      winners[count] = {g[p * O + o], (p / S * PAD + p % S) * C};
      count += g[p * O + o] != 0;
    }
    for (int tap_row = 0; tap_row < K; ++tap_row)
      for (int first = 0; first < LINE; first += BATCH) {
        float* const to = laid + (o * K + tap_row) * K * C + first * LANES;
        const float* const line = x + tap_row * PAD * C + first * LANES;
        F sums[BATCH];
        for (int v = 0; v < BATCH; ++v) sums[v] = load<F>(to + v * LANES);
        for (int w = 0; w < count; ++w) {
          const F value = splat<F>(winners[w].value);
          for (int v = 0; v < BATCH; ++v) sums[v] = fma(value, load<F>(line + winners[w].pixel + v * LANES), sums[v]);
        }
        for (int v = 0; v < BATCH; ++v) store(to + v * LANES, sums[v]);
      }
  }
}
