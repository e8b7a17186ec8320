// idea: lanes are pixels, summed across at the end
// The obvious vectors: a row of pixels against a row of pixels, as in a dot product. Two of three loads of x cross a cache line, the
// rows' ends are masked, and the lanes must be added up for each weight. Nine sums share what is loaded of g.
#include "step.h"

int main(int argc, char** argv) {
  Floats padded(size_t(N) * C * PAD * PAD + 2 * LANES);
  return step(argc, argv, [&](const float* x, const float* g, float* dw) {
    for (int n = 0; n < N * C; ++n)
      for (int r = 0; r < S; ++r) std::memcpy(padded + (n * PAD + r + 1) * PAD + 1, x + (n * S + r) * S, S * sizeof(float));
    std::memset(dw, 0, O * C * K * K * sizeof(float));
    for (int n = 0; n < N; ++n)
      for (int o = 0; o < O; ++o)
        for (int c = 0; c < C; ++c) {
          F sums[K * K] = {};
          for (int row = 0; row < S; ++row)
            for (int k = 0; k < S; k += LANES) {
              const F value = load<F>(g + ((n * O + o) * S + row) * S + k);
              for (int t = 0; t < K * K; ++t)
                sums[t] = fma(value, load<F>(padded + ((n * C + c) * PAD + row + t / K) * PAD + k + t % K), sums[t]);
            }
          for (int t = 0; t < K * K; ++t) dw[(o * C + c) * K * K + t] += sum(sums[t]);
        }
  });
}
