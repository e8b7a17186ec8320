// GFLOP/s of convolution and linear, forward and both gradients, and the share of the machine's multiply-add peak measured
// beside them: every kernel is timed between two runs of the peak loop, and the median share of the rounds counts, so a noisy
// host spoils less.
//   g++ -std=c++20 -O3 -march=native -ffp-contract=off -fno-math-errno -pthread bench.cc -o bench && ./bench [filter] [rounds]
// Lanes and instructions follow the flags: -mavx2 -mfma, -msse2 …
#include <algorithm>
#include <ctime>
#include <string>

#include "harness.h"

namespace {
using namespace test;

// One thread: its own processor time, which a busy machine stretches less than the clock. More: the clock.
double now() {
  timespec t;
  clock_gettime(pool->threads() == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

// Twelve chains of multiply-adds on registers: what the machine can do at these lanes, fused where it has that.
__attribute__((noinline)) void peak_loop(long n, float* sink) {
  const F a = splat<F>(0.999f), b = splat<F>(0.001f);
  F s0 = b, s1 = b, s2 = b, s3 = b, s4 = b, s5 = b, s6 = b, s7 = b, s8 = b, s9 = b, s10 = b, s11 = b;
#if defined(__x86_64__)
#define HERE "+x"
#else
#define HERE "+w"
#endif
#define STEP(s) s = fma(a, b, s)
  for (long k = 0; k < n; ++k) {
    STEP(s0), STEP(s1), STEP(s2), STEP(s3), STEP(s4), STEP(s5), STEP(s6), STEP(s7), STEP(s8), STEP(s9), STEP(s10), STEP(s11);
    asm volatile("" : HERE(s0), HERE(s1), HERE(s2), HERE(s3), HERE(s4), HERE(s5), HERE(s6), HERE(s7), HERE(s8), HERE(s9), HERE(s10), HERE(s11));
  }
#undef STEP
#undef HERE
  store(sink, s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11);
}
double peak_seconds(long n) {
  const double t = now();
  auto body = [](void* arg, int32_t, int32_t) {
    alignas(64) float sink[64];
    peak_loop(*static_cast<long*>(arg), sink);
  };
  pool->run(pool->threads(), body, &n);
  return now() - t;
}

Floats ones(size_t n) {
  Floats v(n);
  for (size_t i = 0; i < n; ++i) v[i] = float(int(i * 7 % 13) - 6) * 0.05f;
  return v;
}

// The median of the rounds, and the best share of one.
struct Result {
  double gflops, share, best;
};
template <class P> Result time(const KernelEntry& entry, const P& params, std::initializer_list<const void*> buffers, double flop, int rounds) {
  Runner run(entry, params, pool->threads());
  run(entry, params, buffers);
  const double t0 = now();
  run(entry, params, buffers);
  const int times = std::max(1, int(0.02 / (now() - t0)));
  std::vector<double> rates, shares;
  for (int r = 0; r < rounds; ++r) {
    const long n = 300000;
    const double before = peak_seconds(n);
    const double t = now();
    for (int i = 0; i < times; ++i) run(entry, params, buffers);
    const double seconds = (now() - t) / times, after = peak_seconds(n);
    const double peak = pool->threads() * 2.0 * n * 12 * 2 * LANES / (before + after);
    rates.push_back(flop / seconds * 1e-9);
    shares.push_back(flop / seconds / peak);
  }
  std::sort(rates.begin(), rates.end());
  std::sort(shares.begin(), shares.end());
  return {rates[rates.size() / 2], shares[shares.size() / 2], shares.back()};
}
void print(const Result& r) { std::printf("  %6.1f %4.0f%% (%3.0f%%)", r.gflops, 100 * r.share, 100 * r.best); }

void conv(const char* name, int n, int c, int size, int o, int k, int stride, int pad, int groups, int rounds) {
  const int out = (size + 2 * pad - k) / stride + 1;
  const Conv2dF32Params p = {n, c, size, size, o, out, out, k, k, stride, stride, pad, pad, 1, 1, groups};
  const auto x = ones(size_t(n) * c * size * size), w = ones(size_t(o) * c / groups * k * k), g = ones(size_t(n) * o * out * out);
  Floats y(g.size()), dx(x.size()), dw(w.size());
  Conv2dBackwardInputF32Params bi;
  Conv2dBackwardWeightF32Params bw;
  std::memcpy(&bi, &p, sizeof p);
  std::memcpy(&bw, &p, sizeof p);
  const double flop = 2.0 * double(g.size()) * (c / groups) * k * k;
  std::printf("%-26s", name);
  print(time(Kernel<id_conv2d_f32>::entry, p, {x.data(), w.data(), nullptr, y.data()}, flop, rounds));
  print(time(Kernel<id_conv2d_backward_input_f32>::entry, bi, {g.data(), w.data(), nullptr, dx.data()}, flop, rounds));
  print(time(Kernel<id_conv2d_backward_weight_f32>::entry, bw, {g.data(), x.data(), dw.data()}, flop, rounds));
  std::printf("\n");
}

void linear(const char* name, int rows, int in, int out, int rounds) {
  const auto x = ones(size_t(rows) * in), w = ones(size_t(out) * in), b = ones(out), g = ones(size_t(rows) * out);
  Floats y(g.size()), dx(x.size()), dw(w.size());
  const double flop = 2.0 * rows * in * out;
  std::printf("%-26s", name);
  print(time(Kernel<id_linear_f32>::entry, LinearF32Params{rows, in, out}, {x.data(), w.data(), b.data(), y.data()}, flop, rounds));
  print(time(Kernel<id_linear_backward_input_f32>::entry, LinearBackwardInputF32Params{rows, in, out}, {g.data(), w.data(), dx.data()}, flop, rounds));
  print(time(Kernel<id_linear_backward_weight_f32>::entry, LinearBackwardWeightF32Params{rows, in, out}, {g.data(), x.data(), dw.data()}, flop, rounds));
  std::printf("\n");
}
// Padded NHWC on both sides unless told otherwise; with a pool: ReLU, 2x2 windows, index.
struct FusedCase {
  const char* name;
  int n, c, size, o, k, stride, pad, from, to, pool;
};
void fused(const FusedCase& f, int rounds) {
  const int out = (f.size + 2 * f.pad - f.k) / f.stride + 1, pooled = out / f.pool, in_border = f.from ? f.pad : 0, out_border = f.to ? 1 : 0;
  const Conv2dFusedF32Params p = {f.n, f.c, f.size, f.size, f.o, out, out, f.k, f.k, f.stride, f.stride, f.pad, f.pad, 1, 1, 1, f.from, in_border, f.to, out_border, 1, f.pool, f.pool, 0};
  const auto x = ones(size_t(f.n) * f.c * (f.size + 2 * in_border) * (f.size + 2 * in_border)), w = ones(size_t(f.o) * f.c * f.k * f.k), g = ones(size_t(f.n) * f.o * (pooled + 2 * out_border) * (pooled + 2 * out_border));
  const auto b = ones(f.o);
  Floats y(g.size()), dx(x.size()), dw(w.size()), db(f.o);
  std::vector<unsigned char> index(size_t(f.n) * f.o * pooled * pooled);
  for (size_t i = 0; i < index.size(); ++i) index[i] = (unsigned char)((i * 2654435761u >> 13) % 5);
  std::vector<unsigned char> written(index.size());
  const Conv2dFusedBackwardF32Params q = {f.n, f.c, f.size, f.size, f.o, out, out, f.k, f.k, f.stride, f.stride, f.pad, f.pad, 1, 1, 1, f.from, in_border, f.to, out_border, f.pool > 1, f.pool, f.pool, out_border, in_border, 0};
  const double flop = 2.0 * double(f.n) * f.o * out * out * f.c * f.k * f.k;
  const void* which = f.pool > 1 ? index.data() : nullptr;
  std::printf("%-26s", f.name);
  print(time(Kernel<id_conv2d_fused_f32>::entry, p, {x.data(), w.data(), nullptr, b.data(), nullptr, y.data(), f.pool > 1 ? written.data() : nullptr}, flop, rounds));
  print(time(Kernel<id_conv2d_fused_backward_f32>::entry, q, {g.data(), which, nullptr, x.data(), w.data(), nullptr, dx.data(), nullptr, nullptr}, flop, rounds));
  print(time(Kernel<id_conv2d_fused_backward_f32>::entry, q, {g.data(), which, nullptr, x.data(), w.data(), nullptr, nullptr, dw.data(), db.data()}, flop, rounds));
  std::printf("\n");
}
const FusedCase fused_cases[] = {
    {"fused 3->32 pool", 64, 3, 32, 32, 3, 1, 1, 0, 1, 2}, {"fused 32->64 pool", 64, 32, 16, 64, 3, 1, 1, 1, 0, 2}, {"fused 64->64 at 32", 16, 64, 32, 64, 3, 1, 1, 1, 1, 1},
    {"fused 128->128 at 16", 32, 128, 16, 128, 3, 1, 1, 1, 1, 1}, {"fused 256->256 at 8", 32, 256, 8, 256, 3, 1, 1, 1, 1, 1}, {"fused 512->512 at 4", 32, 512, 4, 512, 3, 1, 1, 1, 1, 1},
    {"fused 64->128 s2 at 32", 32, 64, 32, 128, 3, 2, 1, 1, 1, 1}, {"fused 64->128 1x1 s2", 32, 64, 32, 128, 1, 2, 0, 1, 1, 1}, {"fused 7x7 s2 3->64", 4, 3, 224, 64, 7, 2, 3, 0, 1, 1},
};
}  // namespace

int main(int argc, char** argv) {
  const std::string filter = argc > 1 ? argv[1] : "";
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 9;
  struct Shape {
    const char* name;
    int n, c, size, o, k, stride, pad, groups;
  };
  const Shape shapes[] = {{"3->32 3x3 at 32", 64, 3, 32, 32, 3, 1, 1, 1},      {"32->64 3x3 at 16", 64, 32, 16, 64, 3, 1, 1, 1},   {"64->64 3x3 at 32", 32, 64, 32, 64, 3, 1, 1, 1},
                          {"128->128 3x3 at 16", 32, 128, 16, 128, 3, 1, 1, 1}, {"256->256 3x3 at 8", 32, 256, 8, 256, 3, 1, 1, 1}, {"512->512 3x3 at 4", 32, 512, 4, 512, 3, 1, 1, 1},
                          {"64->256 1x1 at 16", 64, 64, 16, 256, 1, 1, 0, 1},  {"7x7 s2 3->64 at 224", 4, 3, 224, 64, 7, 2, 3, 1},  {"64->128 3x3 s2 at 32", 32, 64, 32, 128, 3, 2, 1, 1},
                          {"depthwise 3x3 64 at 32", 64, 64, 32, 64, 3, 1, 1, 64}, {"8 groups 64->64 at 32", 32, 64, 32, 64, 3, 1, 1, 8}, {"1->6 5x5 at 28", 64, 1, 28, 6, 5, 1, 2, 1}, {"6->16 5x5 at 14", 64, 6, 14, 16, 5, 1, 0, 1}, {"64->64 3x3 at 32 batch 1", 1, 64, 32, 64, 3, 1, 1, 1}};
  for (int threads = 1; threads <= 2; ++threads) {
    Pool workers(threads);
    pool = &workers;
    const double seconds = peak_seconds(10000000);
    std::printf("%d lanes, %d threads, peak %.1f GFLOP/s; forward, dX, dW: GFLOP/s and share of the peak\n", LANES, threads, threads * 12e7 * 2 * LANES / seconds * 1e-9);
    for (const Shape& s : shapes)
      if (std::string(s.name).find(filter) != std::string::npos) conv(s.name, s.n, s.c, s.size, s.o, s.k, s.stride, s.pad, s.groups, rounds);
    for (const FusedCase& f : fused_cases)
      if (std::string(f.name).find(filter) != std::string::npos) fused(f, rounds);
    if (std::string("linear").find(filter) != std::string::npos || filter.find("linear") != std::string::npos) {
      linear("linear 64 x 4096 x 128", 64, 4096, 128, rounds);
      linear("linear 1 x 4096 x 128", 1, 4096, 128, rounds);
    }
  }
}
