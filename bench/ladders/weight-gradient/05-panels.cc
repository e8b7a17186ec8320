// idea: gradients copied to panels, so that they are read in a line
// Four numbers of g lie 256 bytes before the next four: each broadcast fetches a line and uses a quarter of it. Copied once for each
// image, they follow one another.
#include "outer.h"

int main(int argc, char** argv) {
  Floats panels(S * S * O);
  return nhwc_step(argc, argv, [&](const float* x, const float* g, float* laid) {
    for (int n = 0; n < N; ++n) {
      for (int p = 0; p < S * S; ++p)
        for (int o = 0; o < O; o += OUTPUTS) std::memcpy(panels + (o * S * S + p * OUTPUTS), g + (size_t(n) * S * S + p) * O + o, OUTPUTS * sizeof(float));
      image(x + size_t(n) * PAD * PAD * C, [&](int o) { return panels + o * S * S; }, OUTPUTS, laid);
    }
  });
}
