// idea: an outer product: lanes are input channels, gradients are broadcast
// NHWC again: a vector is some channels of one pixel, and its neighbours' channels lie beside it.
#include "outer.h"

int main(int argc, char** argv) {
  return nhwc_step(argc, argv, [](const float* x, const float* g, float* laid) {
    for (int n = 0; n < N; ++n)
      image(x + size_t(n) * PAD * PAD * C, [&](int o) { return g + size_t(n) * S * S * O + o; }, O, laid);
  });
}
