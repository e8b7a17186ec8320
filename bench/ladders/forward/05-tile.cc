// idea: a register tile: pixels share the weights that are loaded
// A register tile: a few pixels share each vector of weights, so that there are fewer loads than multiply-adds. A padded copy of the
// image does away with the borders. Its taps lie in 32 planes, far apart, so the addresses still cost something.
#include "tile.h"
using namespace ladder;

static void compute(const float* x, const float* packed, const float* b, float* y, float* image, float* sums) {
  static int runs[C * K * K];
  for (int k = 0; k < C * K * K; ++k) runs[k] = (k / 9 * PAD + k / 3 % 3) * PAD + k % 3;
  const float* pixels[S * S];
  for (int p = 0; p < S * S; ++p) pixels[p] = image + p / S * PAD + p % S;
  for (int n = 0; n < N; ++n) {
    for (int c = 0; c < C; ++c)
      for (int r = 0; r < S; ++r) std::memcpy(image + (c * PAD + r + 1) * PAD + 1, x + ((n * C + c) * S + r) * S, S * sizeof(float));
    for (int block = 0; block < O; block += BLOCK) {
      tiles(pixels, runs, C * K * K, 1, 0, packed + block * C * K * K, sums);
      for (int p = 0; p < S * S; ++p)
        for (int v = 0; v < BLOCK; v += LANES) store(y + (n * S * S + p) * O + block + v, load<F>(sums + p * BLOCK + v) + load<F>(b + block + v));
    }
  }
}

int main(int argc, char** argv) {
  const std::string folder = argv[1];
  const Floats x = read(folder + "/x", size_t(N) * C * S * S), w = read(folder + "/w", O * C * K * K), b = read(folder + "/b", O);
  Floats y(size_t(N) * O * S * S), packed(O * C * K * K), image(C * PAD * PAD), sums(S * S * BLOCK);
  const int status = run(argc, argv, [&] {
    for (int o = 0; o < O; ++o)  // [block][channel, tap][output of the block]
      for (int k = 0; k < C * K * K; ++k) packed[(o / BLOCK * C * K * K + k) * BLOCK + o % BLOCK] = w[o * C * K * K + k];
    compute(x, packed, b, y, image, sums);
  });
  write(folder + "/y", to_nchw(y, O, S), size_t(N) * O * S * S);
  return status;
}
