// idea: the same loops in C++, borders settled outside, one number at a time
// flags: -fno-tree-vectorize
// One sum in one register: each addition waits for the one before, four cycles, whatever else the processor could do.
#include "step.h"

int main(int argc, char** argv) {
  return step(argc, argv, [](const float* x, const float* g, float* dw) {
    for (int o = 0; o < O; ++o)
      for (int c = 0; c < C; ++c)
        for (int i = 0; i < K; ++i)
          for (int j = 0; j < K; ++j) {
            float total = 0;  // in short sums, as a long one loses digits
            for (int n = 0; n < N; ++n) {
              float sum = 0;
              for (int row = std::max(0, 1 - i); row < std::min(S, S + 1 - i); ++row)
                for (int k = std::max(0, 1 - j); k < std::min(S, S + 1 - j); ++k)
                  sum += g[((n * O + o) * S + row) * S + k] * x[((n * C + c) * S + row + i - 1) * S + k + j - 1];
              total += sum;
            }
            dw[((o * C + c) * K + i) * K + j] = total;
          }
  });
}
