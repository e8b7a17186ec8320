// What the steps of this ladder share: x and g in, dw out, all as PyTorch has them.
#pragma once
#include "../harness.h"
using namespace ladder;

template <class Gradient> int step(int argc, char** argv, Gradient gradient, int threads = 1) {
  const std::string folder = argv[1];
  const Floats x = read(folder + "/x", size_t(N) * C * S * S), g = read(folder + "/g", size_t(N) * O * S * S);
  Floats dw(O * C * K * K);
  const int status = run(argc, argv, [&] { gradient(x, g, dw); }, threads);
  write(folder + "/y", dw, O * C * K * K);
  return status;
}
// The same with both images as the layers around have them: x padded NHWC, g [image][pixel][channel].
template <class Gradient> int nhwc_step(int argc, char** argv, Gradient gradient, int threads = 1) {
  const std::string folder = argv[1];
  const Floats nchw = read(folder + "/x", size_t(N) * C * S * S), planes = read(folder + "/g", size_t(N) * O * S * S);
  const Floats x = padded_nhwc(nchw, C);
  Floats g(size_t(N) * S * S * O), dw(O * C * K * K), laid(O * C * K * K);
  for (int n = 0; n < N; ++n)
    for (int o = 0; o < O; ++o)
      for (int p = 0; p < S * S; ++p) g[(size_t(n) * S * S + p) * O + o] = planes[(size_t(n) * O + o) * S * S + p];
  const int status = run(argc, argv, [&] {
    std::memset(laid, 0, O * C * K * K * sizeof(float));
    gradient(x, g, laid);
    for (int o = 0; o < O; ++o)  // [output][tap][channel] to PyTorch's order
      for (int c = 0; c < C; ++c)
        for (int t = 0; t < K * K; ++t) dw[(o * C + c) * K * K + t] = laid[(o * K * K + t) * C + c];
  }, threads);
  write(folder + "/y", dw, O * C * K * K);
  return status;
}
