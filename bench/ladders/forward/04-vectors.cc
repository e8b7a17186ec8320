// idea: lanes are output channels, inputs are broadcast
// Lanes are output channels: one pixel's 64 sums are a few vectors in registers, and every input is broadcast to them. Nothing is
// added across lanes, and no width need divide anything. For each multiply-add one vector of weights is loaded, and that is the
// limit: two loads a cycle feed two multiply-adds only while nothing else wants to load.
#include "../harness.h"
using namespace ladder;
constexpr int V = O / LANES;

static void compute(const float* x, const float* packed, const float* b, float* y) {
  for (int n = 0; n < N; ++n)
    for (int row = 0; row < S; ++row)
      for (int column = 0; column < S; ++column) {
        F sum[V];
        for (int v = 0; v < V; ++v) sum[v] = load<F>(b + v * LANES);
        for (int c = 0; c < C; ++c)
          for (int i = 0; i < K; ++i)
            for (int j = 0; j < K; ++j) {
              const int r = row + i - 1, k = column + j - 1;
              if (r < 0 || r >= S || k < 0 || k >= S) continue;
              const F value = splat<F>(x[((n * C + c) * S + r) * S + k]);
              const float* weights = packed + ((c * K + i) * K + j) * O;
              for (int v = 0; v < V; ++v) sum[v] = fma(value, load<F>(weights + v * LANES), sum[v]);
            }
        for (int v = 0; v < V; ++v) store(y + ((n * S + row) * S + column) * O + v * LANES, sum[v]);
      }
}

int main(int argc, char** argv) {
  const std::string folder = argv[1];
  const Floats x = read(folder + "/x", size_t(N) * C * S * S), w = read(folder + "/w", O * C * K * K), b = read(folder + "/b", O);
  Floats y(size_t(N) * O * S * S), packed(O * C * K * K);
  const int status = run(argc, argv, [&] {
    for (int o = 0; o < O; ++o)  // [channel, tap][output]: packed anew each time, as the optimiser changes them
      for (int k = 0; k < C * K * K; ++k) packed[k * O + o] = w[o * C * K * K + k];
    compute(x, packed, b, y);
  });
  write(folder + "/y", to_nchw(y, O, S), size_t(N) * O * S * S);
  return status;
}
