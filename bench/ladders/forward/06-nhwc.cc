// idea: channels innermost, so that taps lie in a line
// Channels innermost: the layer before has written its image as padded NHWC. The taps of a row and their channels lie in a line, so the
// inner loop has nothing to compute but multiply-adds: one address that grows by one.
#include "packed.h"
using namespace ladder;

static void compute(const float* x, const float* packed, const float* b, float* y, float* sums) {
  for (int n = 0; n < N; ++n) {
    const float* pixels[S * S];
    for (int p = 0; p < S * S; ++p) pixels[p] = x + ((n * PAD + p / S) * PAD + p % S) * C;
    for (int block = 0; block < O; block += BLOCK) {
      tiles(pixels, runs, K, K * C, 1, packed + block * C * K * K, sums);
      for (int p = 0; p < S * S; ++p)
        for (int v = 0; v < BLOCK; v += LANES) store(y + (n * S * S + p) * O + block + v, load<F>(sums + p * BLOCK + v) + load<F>(b + block + v));
    }
  }
}

int main(int argc, char** argv) {
  const std::string folder = argv[1];
  const Floats nchw = read(folder + "/x", size_t(N) * C * S * S), w = read(folder + "/w", O * C * K * K), b = read(folder + "/b", O);
  const Floats x = padded_nhwc(nchw, C);
  Floats y(size_t(N) * O * S * S), packed(O * C * K * K), sums(S * S * BLOCK);
  const int status = run(argc, argv, [&] {
    pack(w, packed);
    compute(x, packed, b, y, sums);
  });
  write(folder + "/y", to_nchw(y, O, S), size_t(N) * O * S * S);
  return status;
}
