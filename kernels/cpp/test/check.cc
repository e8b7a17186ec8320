// Compares convolution, linear and matmul with plain loops in doubles, over shapes that catch every remainder path, and demands
// the same bits on 1, 2 and 3 threads. Each lane count is a build of its own (wide vectors run in halves where the machine is narrow):
//   for w in 4 8 16; do g++ -std=c++20 -O2 -mavx2 -mfma -ffp-contract=off -pthread -DDRISHTI_LANES=$w check.cc -o check && ./check || break; done
// and once more with -O1 -g -fsanitize=address,undefined.
#include <algorithm>
#include <cmath>
#include <string>

#include "harness.h"

namespace {
using namespace test;

int failures = 0, checks = 0;
uint32_t seed = 1;
float uniform() {
  seed = seed * 1664525u + 1013904223u;
  return float(seed >> 8) / 8388608.0f - 1.0f;
}
std::vector<float> random_floats(size_t n) {
  std::vector<float> v(n);
  for (float& x : v) x = uniform();
  return v;
}

void fail(const std::string& name, const char* why, double a = 0, double b = 0) {
  ++failures;
  std::printf("FAIL %s: %s (%g, %g)\n", name.c_str(), why, a, b);
}

// Runs on 1, 2 and 3 threads; the first result is compared with `expected` (bound: 8 units of 2^-23 of the largest), the rest with the first.
template <class P> void verify(const std::string& name, const KernelEntry& entry, const P& params, std::vector<const void*> inputs, const std::vector<double>& expected) {
  if (std::getenv("VERBOSE")) std::fprintf(stderr, "%s\n", name.c_str());
  ++checks;
  std::vector<float> first;
  for (int threads = 1; threads <= 3; ++threads) {
    Pool workers(threads);
    pool = &workers;
    Runner run(entry, params, threads);
    Block output(expected.size() * 4, 0xff);
    const void* b[4] = {};
    std::copy(inputs.begin(), inputs.end(), b);
    b[inputs.size()] = output.data();
    const int32_t status = run(entry, params, {b[0], b[1], b[2], b[3]});
    if (status != 0) fail(name, "refused", status);
    if (!run.intact()) fail(name, "wrote behind its scratch", threads);
    if (!output.intact()) fail(name, "wrote behind its output", threads);
    std::vector<float> result(expected.size());
    if (!result.empty()) std::memcpy(result.data(), output.data(), result.size() * 4);
    if (threads > 1) {
      if (!result.empty() && std::memcmp(result.data(), first.data(), result.size() * 4) != 0) fail(name, "other bits on more threads", threads);
      continue;
    }
    double scale = 0, worst = 0;
    for (double e : expected) scale = std::max(scale, std::isfinite(e) ? std::fabs(e) : 0);
    for (size_t i = 0; i < expected.size(); ++i) {
      const double e = expected[i], r = result[i];
      if (std::isfinite(e)) worst = r == r ? std::max(worst, std::fabs(r - e)) : INFINITY;
      else if (std::isnan(e) != std::isnan(r) || (std::isinf(e) && r != e)) worst = INFINITY;
    }
    if (!(worst <= 8 * std::ldexp(1.0, -23) * scale)) fail(name, "error, bound", worst, 8 * std::ldexp(1.0, -23) * scale);
    first = result;
  }
}

struct Conv {
  int n, c, h, w, o, kh, kw, sh = 1, sw = 1, pt = 0, pl = 0, dh = 1, dw = 1, g = 1;
  int pb = -1, pr = -1;  // padding behind; -1: as in front
};

// Every (output, input, weight) triple that meets.
template <class F> void triples(const Conv2dF32Params& p, F&& f) {
  const int ig = p.inChannels / p.groups, og = p.outChannels / p.groups;
  for (int n = 0; n < p.batch; ++n)
    for (int o = 0; o < p.outChannels; ++o)
      for (int y = 0; y < p.outHeight; ++y)
        for (int x = 0; x < p.outWidth; ++x)
          for (int i = 0; i < ig; ++i)
            for (int ky = 0; ky < p.kernelHeight; ++ky)
              for (int kx = 0; kx < p.kernelWidth; ++kx) {
                const int iy = y * p.strideHeight - p.padTop + ky * p.dilationHeight, ix = x * p.strideWidth - p.padLeft + kx * p.dilationWidth;
                if (iy < 0 || ix < 0 || iy >= p.inHeight || ix >= p.inWidth) continue;
                const size_t in = ((size_t(n) * p.inChannels + o / og * ig + i) * p.inHeight + iy) * p.inWidth + ix;
                const size_t out = ((size_t(n) * p.outChannels + o) * p.outHeight + y) * p.outWidth + x;
                f(out, in, ((size_t(o) * ig + i) * p.kernelHeight + ky) * p.kernelWidth + kx);
              }
}

void conv(const Conv& s) {
  const int pb = s.pb < 0 ? s.pt : s.pb, pr = s.pr < 0 ? s.pl : s.pr;
  const int oh = (s.h + s.pt + pb - s.dh * (s.kh - 1) - 1) / s.sh + 1, ow = (s.w + s.pl + pr - s.dw * (s.kw - 1) - 1) / s.sw + 1;
  const Conv2dF32Params p = {s.n, s.c, s.h, s.w, s.o, oh, ow, s.kh, s.kw, s.sh, s.sw, s.pt, s.pl, s.dh, s.dw, s.g};
  char text[200];
  std::snprintf(text, sizeof text, "conv n%d c%d %dx%d o%d k%dx%d s%d,%d p%d,%d,%d,%d d%d,%d g%d", s.n, s.c, s.h, s.w, s.o, s.kh, s.kw, s.sh, s.sw, s.pt, s.pl, pb, pr, s.dh, s.dw, s.g);
  const std::string name = text;
  const size_t inputs = size_t(s.n) * s.c * s.h * s.w, outputs = size_t(s.n) * s.o * oh * ow, weights = size_t(s.o) * (s.c / s.g) * s.kh * s.kw;
  const auto x = random_floats(inputs), w = random_floats(weights), grad = random_floats(outputs), bias = random_floats(s.o), in_bias = random_floats(s.c);
  std::vector<double> y(outputs), dx(inputs), dw(weights);
  triples(p, [&](size_t o, size_t i, size_t k) {
    y[o] += double(x[i]) * w[k];
    dx[i] += double(grad[o]) * w[k];
    dw[k] += double(grad[o]) * x[i];
  });
  verify(name, Kernel<id_conv2d_f32>::entry, p, {x.data(), w.data(), nullptr}, y);
  Conv2dBackwardInputF32Params bi;
  Conv2dBackwardWeightF32Params bw;
  std::memcpy(&bi, &p, sizeof p);
  std::memcpy(&bw, &p, sizeof p);
  verify(name + " dX", Kernel<id_conv2d_backward_input_f32>::entry, bi, {grad.data(), w.data(), nullptr}, dx);
  verify(name + " dW", Kernel<id_conv2d_backward_weight_f32>::entry, bw, {grad.data(), x.data()}, dw);
  for (size_t i = 0; i < outputs; ++i) y[i] += bias[i / (size_t(oh) * ow) % s.o];
  for (size_t i = 0; i < inputs; ++i) dx[i] += in_bias[i / (size_t(s.h) * s.w) % s.c];
  verify(name + " bias", Kernel<id_conv2d_f32>::entry, p, {x.data(), w.data(), bias.data()}, y);
  verify(name + " dX bias", Kernel<id_conv2d_backward_input_f32>::entry, bi, {grad.data(), w.data(), in_bias.data()}, dx);
}

void matmul(int batch, int m, int n, int k, bool ta, bool tb, bool one_a, bool one_b) {
  const auto a = random_floats(size_t(one_a ? 1 : batch) * m * k), b = random_floats(size_t(one_b ? 1 : batch) * k * n);
  std::vector<double> c(size_t(batch) * m * n);
  for (int q = 0; q < batch; ++q)
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < n; ++j)
        for (int l = 0; l < k; ++l)
          c[(size_t(q) * m + i) * n + j] += double(a[(one_a ? 0 : size_t(q) * m * k) + (ta ? size_t(l) * m + i : size_t(i) * k + l)]) *
                                            b[(one_b ? 0 : size_t(q) * k * n) + (tb ? size_t(j) * k + l : size_t(l) * n + j)];
  char name[120];
  std::snprintf(name, sizeof name, "matmul %d x %dx%dx%d ta%d tb%d one%d%d", batch, m, n, k, ta, tb, one_a, one_b);
  verify(name, Kernel<id_matmul_f32>::entry, MatmulF32Params{batch, m, n, k, ta, tb, one_a ? 0 : m * k, one_b ? 0 : k * n}, {a.data(), b.data()}, c);
}

void linear(int rows, int in, int out) {
  const auto x = random_floats(size_t(rows) * in), w = random_floats(size_t(out) * in), grad = random_floats(size_t(rows) * out), bias = random_floats(out);
  std::vector<double> y(size_t(rows) * out), dx(size_t(rows) * in), dw(size_t(out) * in);
  for (int r = 0; r < rows; ++r)
    for (int o = 0; o < out; ++o)
      for (int i = 0; i < in; ++i) {
        y[size_t(r) * out + o] += double(x[size_t(r) * in + i]) * w[size_t(o) * in + i];
        dx[size_t(r) * in + i] += double(grad[size_t(r) * out + o]) * w[size_t(o) * in + i];
        dw[size_t(o) * in + i] += double(grad[size_t(r) * out + o]) * x[size_t(r) * in + i];
      }
  char name[80];
  std::snprintf(name, sizeof name, "linear %d x %d x %d", rows, in, out);
  verify(name, Kernel<id_linear_f32>::entry, LinearF32Params{rows, in, out}, {x.data(), w.data(), nullptr}, y);
  verify(std::string(name) + " dX", Kernel<id_linear_backward_input_f32>::entry, LinearBackwardInputF32Params{rows, in, out}, {grad.data(), w.data()}, dx);
  verify(std::string(name) + " dW", Kernel<id_linear_backward_weight_f32>::entry, LinearBackwardWeightF32Params{rows, in, out}, {grad.data(), x.data()}, dw);
  for (size_t i = 0; i < y.size(); ++i) y[i] += bias[i % out];
  verify(std::string(name) + " bias", Kernel<id_linear_f32>::entry, LinearF32Params{rows, in, out}, {x.data(), w.data(), bias.data()}, y);
}

// NaN and infinity reach every output that they meet, and no other.
void specials() {
  for (int g : {1, 4}) {
    const Conv2dF32Params p = {1, 4, 6, 6, 4, 4, 4, 3, 3, 1, 1, 0, 0, 1, 1, g};
    auto x = random_floats(4 * 36), w = random_floats(size_t(4) * 4 / g * 9);
    x[7] = NAN;
    x[36 + 20] = INFINITY;
    w[3] = 0;  // 0 times infinity, too
    std::vector<double> y(4 * 16);
    triples(p, [&](size_t o, size_t i, size_t k) { y[o] += double(x[i]) * w[k]; });
    verify("conv with NaN and infinity", Kernel<id_conv2d_f32>::entry, p, {x.data(), w.data(), nullptr}, y);
  }
  auto a = random_floats(9 * 40), b = random_floats(40 * 20);
  a[50] = NAN;
  b[17] = INFINITY;
  a[80] = 0;
  std::vector<double> c(9 * 20);
  for (int i = 0; i < 9; ++i)
    for (int j = 0; j < 20; ++j)
      for (int l = 0; l < 40; ++l) c[i * 20 + j] += double(a[i * 40 + l]) * b[l * 20 + j];
  verify("matmul with NaN and infinity", Kernel<id_matmul_f32>::entry, MatmulF32Params{1, 9, 20, 40, 0, 0, 0, 0}, {a.data(), b.data()}, c);
}

}  // namespace

int main() {
  const Conv shapes[] = {
      // n, c, h, w, o, kh, kw, sh, sw, pt, pl, dh, dw, groups, behind
      {1, 1, 5, 5, 1, 3, 3},
      {1, 1, 1, 1, 1, 1, 1},
      {2, 3, 8, 8, 16, 3, 3, 1, 1, 1, 1},
      {3, 3, 9, 7, 5, 3, 3, 1, 1, 1, 1},
      {1, 3, 32, 32, 32, 3, 3, 1, 1, 1, 1},
      {2, 1, 28, 28, 6, 5, 5, 1, 1, 2, 2},
      {2, 6, 14, 14, 16, 5, 5},
      {2, 32, 16, 16, 64, 3, 3, 1, 1, 1, 1},
      {5, 64, 8, 8, 64, 3, 3, 1, 1, 1, 1},
      {7, 33, 6, 5, 17, 3, 3, 1, 1, 1, 1},
      {3, 48, 4, 4, 40, 3, 3, 1, 1, 1, 1},
      {9, 130, 4, 4, 70, 3, 3, 1, 1, 1, 1},
      {17, 20, 3, 3, 9, 2, 2},
      {2, 64, 7, 7, 37, 1, 1},
      {4, 100, 5, 5, 24, 1, 1, 2, 2},
      {2, 3, 30, 31, 20, 7, 7, 2, 2, 3, 3},
      {2, 16, 15, 13, 24, 3, 3, 2, 2, 1, 1},
      {2, 16, 16, 16, 24, 3, 3, 2, 2, 1, 1},
      {1, 8, 17, 12, 8, 3, 5, 3, 2, 2, 1},
      {1, 8, 17, 19, 8, 3, 3, 1, 1, 2, 3, 2, 3},
      {2, 5, 20, 18, 7, 3, 2, 2, 3, 1, 0, 3, 2},
      {1, 4, 12, 12, 6, 2, 2, 4, 4},          // positions that no tap meets
      {1, 4, 13, 14, 6, 1, 1, 3, 2},
      {1, 4, 9, 9, 6, 3, 3, 1, 1, 0, 0, 1, 1, 1, 2, 2},  // padding behind only
      {1, 4, 9, 9, 6, 4, 4, 1, 1, 1, 1, 1, 1, 1, 2, 2},  // 'same' with an even kernel
      {2, 4, 5, 5, 6, 3, 3, 1, 1, 4, 4},      // padding beyond the kernel
      {1, 2, 3, 3, 2, 3, 3, 1, 1, 0, 0},
      {2, 8, 10, 10, 8, 3, 3, 1, 1, 1, 1, 1, 1, 8},      // depthwise
      {3, 17, 9, 11, 17, 3, 3, 1, 1, 1, 1, 1, 1, 17},
      {2, 64, 12, 12, 64, 3, 3, 1, 1, 1, 1, 1, 1, 64},
      {3, 33, 11, 12, 41, 3, 3},                         // Winograd's, without padding, and with as much as it takes
      {3, 40, 10, 9, 32, 3, 3, 1, 1, 2, 2},
      {2, 32, 13, 12, 32, 5, 5, 2, 2, 2, 2, 1, 1, 32},
      {1, 10, 9, 9, 20, 3, 3, 1, 1, 1, 1, 1, 1, 10},     // two outputs of each channel
      {1, 12, 9, 9, 36, 3, 3, 2, 1, 1, 1, 1, 2, 12},
      {2, 12, 9, 8, 6, 3, 3, 1, 1, 1, 1, 1, 1, 6},       // two inputs for each output
      {2, 12, 9, 8, 18, 3, 3, 1, 1, 1, 1, 1, 1, 3},
      {2, 24, 7, 8, 36, 3, 1, 2, 1, 1, 0, 1, 1, 4},
      {1, 96, 8, 8, 96, 3, 3, 1, 1, 1, 1, 1, 1, 3},
      {1, 64, 9, 9, 128, 3, 3, 1, 1, 1, 1, 1, 1, 2},
      {2, 128, 6, 6, 128, 3, 3, 1, 1, 1, 1, 1, 1, 32},   // ResNeXt's groups of four
      {40, 2, 3, 3, 3, 3, 3, 1, 1, 1, 1},
      {1, 70, 40, 60, 40, 3, 3, 1, 1, 1, 1},             // bands of rows
      {1, 3, 61, 300, 18, 5, 3, 2, 1, 2, 1},
      {1, 2, 4, 1200, 3, 3, 3, 1, 1, 1, 1},
      {1, 260, 9, 9, 20, 3, 3, 1, 1, 1, 1},
      {64, 8, 8, 8, 8, 3, 3, 1, 1, 1, 1},
      {0, 3, 8, 8, 4, 3, 3, 1, 1, 1, 1},                 // no images
      {0, 8, 8, 8, 8, 3, 3, 1, 1, 1, 1, 1, 1, 8},
      {2, 3, 0, 5, 4, 3, 3, 1, 1, 2, 1},                 // no input rows
  };
  for (const Conv& s : shapes) conv(s);
  for (int i = 0; i < 60; ++i) {  // and some that nobody thought of
    const auto pick = [](int low, int high) { return low + int((uniform() + 1) / 2 * (high - low + 1)) % (high - low + 1); };
    Conv s;
    s.g = pick(0, 2) ? 1 : pick(1, 5);
    s.n = pick(1, 5), s.c = s.g * pick(1, i % 3 ? 20 : 70), s.o = s.g * pick(1, i % 4 ? 20 : 70);
    s.kh = pick(1, 4), s.kw = pick(1, 4), s.sh = pick(1, 3), s.sw = pick(1, 3), s.dh = pick(1, 2), s.dw = pick(1, 3);
    s.pt = pick(0, 3), s.pl = pick(0, 3), s.pb = pick(0, 3), s.pr = pick(0, 3);
    s.h = s.dh * (s.kh - 1) + 1 + pick(0, 12), s.w = s.dw * (s.kw - 1) + 1 + pick(0, 12);
    conv(s);
  }

  const int sizes[][4] = {{1, 1, 1, 1},    {1, 7, 5, 3},      {1, 6, 16, 8},    {2, 5, 17, 33},  {1, 64, 64, 64},  {1, 65, 33, 300}, {3, 10, 9, 2}, {1, 1, 40, 70}, {1, 40, 1, 70},
                          {1, 200, 10, 7}, {1, 9, 20, 2100}, {1, 16, 16, 5000}, {5, 3, 3, 3},    {1, 130, 70, 513}, {1, 2, 300, 20},  {1, 300, 2, 20}, {1, 4, 1, 9},   {20, 12, 24, 16},
                          {1, 5, 6, 0},    {0, 5, 6, 7},      {1, 0, 6, 7},     {1, 5, 0, 7},    {1, 1100, 20, 30}, {2, 33, 130, 40}, {1, 1, 1, 1000}, {1, 8, 8, 1}};
  for (const auto& s : sizes)
    for (int flags = 0; flags < 4; ++flags) matmul(s[0], s[1], s[2], s[3], flags & 1, flags & 2, false, false);
  matmul(4, 9, 10, 11, false, false, true, false);
  matmul(4, 9, 10, 11, true, true, false, true);

  const int layers[][3] = {{64, 4096, 128}, {1, 4096, 128}, {64, 128, 10}, {1, 128, 10}, {2, 100, 33}, {3, 65, 7}, {4, 31, 100}, {5, 31, 100}, {7, 300, 9}, {17, 19, 23},
                           {33, 2048, 128}, {0, 5, 6},      {5, 0, 6},     {6, 5, 1},    {1, 1, 1},    {100, 784, 300}, {9, 1, 5}, {130, 40, 20}, {20, 3000, 4}};
  for (const auto& s : layers) linear(s[0], s[1], s[2]);
  specials();
  std::printf("%d lanes: %d checks, %d failures\n", drishti::DRISHTI_NS::LANES, checks, failures);
  return failures != 0;
}
