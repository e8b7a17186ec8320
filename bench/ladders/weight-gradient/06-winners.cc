// idea: behind a 2×2 pool only the winners: the other products are with zero
// A max-pool sends its gradient to one pixel of four, and a dead ReLU to none. What is left lives on loads, one for each multiply-add,
// and still gains, because it does a quarter of the work.
#include "winners.h"

int main(int argc, char** argv) {
  std::vector<Winner> winners(S * S + 1);
  return nhwc_step(argc, argv, [&](const float* x, const float* g, float* laid) {
    for (int n = 0; n < N; ++n) add_image(x + size_t(n) * PAD * PAD * C, g + size_t(n) * S * S * O, laid, winners.data());
  });
}
