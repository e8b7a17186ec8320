// Weights in the order in which the loop over NHWC pixels wants them: [block][row of taps][column of taps, channel][output].
#pragma once
#include "tile.h"

namespace ladder {
inline void pack(const float* w, float* packed) {
  for (int o = 0; o < O; ++o)
    for (int c = 0; c < C; ++c)
      for (int t = 0; t < K * K; ++t) packed[((o / BLOCK * K * K + t) * C + c) * BLOCK + o % BLOCK] = w[(o * C + c) * K * K + t];
}
constexpr int ROW = PAD * C;
// Three taps beside one another and their channels are one run of 96 numbers.
constexpr int runs[K] = {0, ROW, 2 * ROW};
}  // namespace ladder
