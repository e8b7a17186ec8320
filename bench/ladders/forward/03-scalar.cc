// idea: the same loops in C++, one number at a time
// The second step, word for word. What is won is what JavaScript's checks cost, and no more.
// flags: -fno-tree-vectorize
#include "../harness.h"
using namespace ladder;

static void compute(const float* x, const float* w, const float* b, float* y) {
  for (int n = 0; n < N; ++n)
    for (int o = 0; o < O; ++o) {
      float* const plane = y + (n * O + o) * S * S;
      std::fill(plane, plane + S * S, b[o]);
      for (int c = 0; c < C; ++c)
        for (int i = 0; i < K; ++i)
          for (int j = 0; j < K; ++j) {
            const float weight = w[((o * C + c) * K + i) * K + j];
            const int first = std::max(0, 1 - j), end = std::min(S, S + 1 - j);
            for (int row = std::max(0, 1 - i); row < std::min(S, S + 1 - i); ++row) {
              const float* from = x + ((n * C + c) * S + row + i - 1) * S + j - 1;
              for (int k = first; k < end; ++k) plane[row * S + k] += weight * from[k];
            }
          }
    }
}

int main(int argc, char** argv) {
  const std::string folder = argv[1];
  const Floats x = read(folder + "/x", size_t(N) * C * S * S), w = read(folder + "/w", O * C * K * K), b = read(folder + "/b", O);
  Floats y(size_t(N) * O * S * S);
  const int status = run(argc, argv, [&] { compute(x, w, b, y); });
  write(folder + "/y", y, size_t(N) * O * S * S);
  return status;
}
