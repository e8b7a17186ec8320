// The inner loops of the sparse weight gradient: from bit to bit, sums in registers.
#pragma once
#include "kernel.h"
#include "matmul-tile.h"

namespace drishti {
namespace DRISHTI_NS {

constexpr int SPARSE_SUMS = LANES == 16 ? 20 : LANES == 8 ? 12 : 8;  // vectors of sums that registers hold
constexpr int SPARSE_ROWS = LANES == 4 ? 1 : 3;   // runs summed side by side, at most

// sums[r][v] += sum over the bits of value[i] * x[at[i] + r * row + v * LANES]. U sets of sums where one would wait for itself.
template <int U, int R, int V>
static DRISHTI_INLINE void sparse_weight(uint64_t bits, const float* value, const int32_t* at, const float* x, ptrdiff_t row, F (&sum)[U][R][V]) {
  const auto add = [&](int u) DRISHTI_LAMBDA_INLINE {
    const int i = __builtin_ctzll(bits);
    bits &= bits - 1;
    const F a = splat<F>(value[i]);
    const float* from = x + at[i];
    for (int r = 0; r < R; ++r)
      for (int v = 0; v < V; ++v) sum[u][r][v] = fma(a, load<F>(from + r * row + v * LANES), sum[u][r][v]);
  };
  if constexpr (U == 2)
    while ((bits & (bits - 1)) != 0) {
      add(0);
      add(1);
    }
  while (bits != 0) add(0);
}

// What all outputs share while they are walked.
struct SparseWalk {
  const uint64_t* alive;   // for each output: words of bits
  const float* value;      // for each output: values of the windows
  const int32_t* at;       // and where in x their winners are
  int32_t words;           // of an output; 64 values each
  int32_t first, end;      // windows of the band
  int32_t outputs;
  const float* x;
  ptrdiff_t row;           // from run to run
  float* sums;
  ptrdiff_t output_pitch, row_pitch;  // of sums
};
template <int R, int V> __attribute__((noinline)) static void sparse_outputs(const SparseWalk& w) {
  constexpr int U = R * V <= SPARSE_SUMS / 2 ? 2 : 1;
  for (int32_t o = 0; o < w.outputs; ++o) {
    float* to = w.sums + o * w.output_pitch;
    F sum[U][R][V];
    for (int r = 0; r < R; ++r)
      for (int v = 0; v < V; ++v) {
        sum[0][r][v] = load<F>(to + r * w.row_pitch + v * LANES);
        if constexpr (U == 2) sum[1][r][v] = F{};
      }
    for (int32_t word = w.first / 64; word * 64 < w.end; ++word) {
      uint64_t bits = w.alive[ptrdiff_t(o) * w.words + word];
      if (word * 64 < w.first) bits &= ~0ull << (w.first - word * 64);
      if (w.end - word * 64 < 64) bits &= ~(~0ull << (w.end - word * 64));
      const ptrdiff_t at = (ptrdiff_t(o) * w.words + word) * 64;
      sparse_weight<U, R, V>(bits, w.value + at, w.at + at, w.x, w.row, sum);
    }
    for (int r = 0; r < R; ++r)
      for (int v = 0; v < V; ++v) store(to + r * w.row_pitch + v * LANES, U == 2 ? sum[0][r][v] + sum[U - 1][r][v] : sum[0][r][v]);
  }
}
// `vectors` of each of R runs, in the widest pieces that fit.
template <int R, int V> static void sparse_run(SparseWalk w, int32_t vectors) {
  if constexpr (V > 0) {
    for (; vectors >= V; vectors -= V) {
      sparse_outputs<R, V>(w);
      w.x += V * LANES;
      w.sums += V * LANES;
    }
    if (vectors > 0) sparse_run<R, (R > 1 || V <= 4 ? V - 1 : V > 8 ? 8 : V > 6 ? 6 : 4)>(w, vectors);
  }
}

}  // namespace DRISHTI_NS
}  // namespace drishti
