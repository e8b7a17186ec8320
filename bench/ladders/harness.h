// What every C++ step of a ladder shares: the numbers in, the numbers out, the clock, and the machine's peak beside it.
//   step FOLDER ROUNDS      reads FOLDER/x, w, b (float32, as they lie), writes FOLDER/y, prints one JSON line
// A step defines COMPUTE(x, w, b, y) and, with the macros below, how it wants x and gives y.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "simd.h"

namespace ladder {
using namespace drishti::DRISHTI_NS;

// 32 to 64 channels, 3x3, padding 1, at 16x16; 64 images.
constexpr int N = 64, C = 32, O = 64, S = 16, K = 3, PAD = S + 2, POOLED = S / 2;
constexpr double FLOP = 2.0 * N * O * S * S * C * K * K;

struct Floats {
  float* data;
  explicit Floats(size_t n) : data(static_cast<float*>(aligned_alloc(64, (n * sizeof(float) + 63) / 64 * 64))) { std::memset(data, 0, n * sizeof(float)); }
  operator float*() const { return data; }
};

inline double now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

// NCHW to padded NHWC: what the layer before would have written at once.
inline Floats padded_nhwc(const float* x, int channels) {
  Floats y(size_t(N) * PAD * PAD * channels);
  for (int n = 0; n < N; ++n)
    for (int c = 0; c < channels; ++c)
      for (int i = 0; i < S * S; ++i) y[((size_t(n) * PAD + i / S + 1) * PAD + i % S + 1) * channels + c] = x[(size_t(n) * channels + c) * S * S + i];
  return y;
}
// [N][size*size][channels] to NCHW, for the comparison.
inline Floats to_nchw(const float* y, int channels, int size) {
  Floats z(size_t(N) * channels * size * size);
  for (int n = 0; n < N; ++n)
    for (int c = 0; c < channels; ++c)
      for (int i = 0; i < size * size; ++i) z[(size_t(n) * channels + c) * size * size + i] = y[(size_t(n) * size * size + i) * channels + c];
  return z;
}

inline Floats read(const std::string& path, size_t n) {
  Floats v(n);
  FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr || std::fread(v, sizeof(float), n, file) != n) std::exit(2);
  std::fclose(file);
  return v;
}
inline void write(const std::string& path, const float* v, size_t n) {
  FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr || std::fwrite(v, sizeof(float), n, file) != n) std::exit(2);
  std::fclose(file);
}

// GFLOP/s of twelve chains of multiply-adds on registers, one thread; the loop of kernels/cpp/peak.cc.
__attribute__((noinline)) inline double peak() {
  const long steps = 400000;
  F v[12];
  volatile float seed = 0.5f, factor = 0.999f, shift = 0.001f;
  const F a = splat<F>(factor), b = splat<F>(shift);
  for (F& each : v) each = splat<F>(seed);
  const double start = now();
  for (long k = 0; k < steps; ++k)
    for (F& each : v) each = fma(each, a, b);
  const double seconds = now() - start;
  F all{};
  for (const F& each : v) all = all + each;
  volatile float sink = all[0];
  (void)sink;
  return 2.0 * 12 * LANES * double(steps) / seconds * 1e-9;
}

template <class Compute> int run(int argc, char** argv, Compute compute, int threads = 1) {
  if (argc < 3) return 2;
  const int rounds = std::atoi(argv[2]);
  compute();  // warm
  std::vector<double> rates, shares;
  for (int r = 0; r < rounds; ++r) {
    const double before = peak(), start = now();
    compute();
    const double rate = FLOP / (now() - start) * 1e-9;
    rates.push_back(rate);
    shares.push_back(rate / threads / ((before + peak()) / 2));
  }
  std::sort(rates.begin(), rates.end());
  std::sort(shares.begin(), shares.end());
  std::printf("{\"gflops\":{\"median\":%.2f,\"min\":%.2f,\"max\":%.2f},\"share\":%.4f}\n", rates[rates.size() / 2], rates.front(), rates.back(), shares[shares.size() / 2]);
  return 0;
}
}  // namespace ladder
