// Compares the fused kernels with plain loops in doubles, over layouts, borders, windows and shapes that catch every remainder
// path, and demands the same bits on 1, 2 and 3 threads. Built and run as check.cc is.
#include <algorithm>
#include <cmath>
#include <string>

#include "harness.h"

namespace {
using namespace test;
using Doubles = std::vector<double>;

int failures = 0, checks = 0;
uint32_t seed = 1;
float uniform() {
  seed = seed * 1664525u + 1013904223u;
  return float(seed >> 8) / 8388608.0f - 1.0f;
}
int pick(int low, int high) { return low + int((uniform() + 1) / 2 * (high - low + 1)) % (high - low + 1); }
std::vector<float> random_floats(size_t n) {
  std::vector<float> v(n);
  for (float& x : v) x = uniform();
  return v;
}
void fail(const std::string& name, const char* why, double a = 0, double b = 0) {
  ++failures;
  std::printf("FAIL %s: %s (%g, %g)\n", name.c_str(), why, a, b);
}

// Where an element lies: layout 0 NCHW, 1 NHWC with a border.
struct Lie {
  int layout, n, c, h, w, border;
  size_t size() const { return size_t(n) * c * (h + 2 * border) * (w + 2 * border); }
  size_t at(int b, int ch, int y, int x) const {
    return layout == 0 ? ((size_t(b) * c + ch) * h + y) * w + x : ((size_t(b) * (h + 2 * border) + y + border) * (w + 2 * border) + x + border) * c + ch;
  }
  template <class Fn> void each(Fn&& f) const {
    size_t i = 0;
    for (int b = 0; b < n; ++b)
      for (int ch = 0; ch < c; ++ch)
        for (int y = 0; y < h; ++y)
          for (int x = 0; x < w; ++x) f(at(b, ch, y, x), i++);
  }
  // NCHW values from and to memory.
  Doubles read(const std::vector<float>& memory) const {
    Doubles v(size_t(n) * c * h * w);
    each([&](size_t place, size_t i) { v[i] = memory[place]; });
    return v;
  }
  template <class T> Doubles write(const std::vector<T>& values) const {
    Doubles memory(size());
    each([&](size_t place, size_t i) { memory[place] = double(values[i]); });
    return memory;
  }
  std::vector<float> random() const {
    std::vector<float> memory(size());
    each([&](size_t place, size_t) { memory[place] = uniform(); });
    return memory;
  }
};

struct Output {
  const char* name;
  Doubles expected;
  bool bytes = false;
  bool absent = false;
  double scale = 0;  // of what was added up, where that is larger than the result: a mean of ones may be near 0
};

// 1, 2 and 3 threads; the first result is compared with what is expected (8 units of 2^-23 of the largest value; bytes exactly).
template <class P> void verify(const std::string& name, const KernelEntry& entry, const P& params, const std::vector<const void*>& inputs, const std::vector<Output>& outputs) {
  if (std::getenv("VERBOSE")) std::fprintf(stderr, "%s\n", name.c_str());
  ++checks;
  std::vector<std::vector<char>> first;
  for (int threads = 1; threads <= 3; ++threads) {
    Pool workers(threads);
    pool = &workers;
    Runner run(entry, params, threads);
    std::vector<std::unique_ptr<Block>> blocks;
    std::vector<const void*> b = inputs;
    for (const Output& o : outputs) {
      blocks.push_back(std::make_unique<Block>(o.expected.size() * (o.bytes ? 1 : 4), 0xff));
      b.push_back(o.absent ? nullptr : blocks.back()->data());
    }
    b.resize(12);
    const int32_t status = run(entry, params, {b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11]});
    if (status != 0) fail(name, "refused", status);
    if (!run.intact()) fail(name, "wrote behind its scratch", threads);
    for (size_t k = 0; k < outputs.size(); ++k) {
      const Output& o = outputs[k];
      const std::string what = name + " " + o.name;
      if (o.absent) continue;
      if (!blocks[k]->intact()) fail(what, "wrote behind its end", threads);
      const size_t bytes = o.expected.size() * (o.bytes ? 1 : 4);
      if (threads == 1) first.resize(outputs.size()), first[k].assign(blocks[k]->data(), blocks[k]->data() + bytes);
      else if (bytes && std::memcmp(first[k].data(), blocks[k]->data(), bytes) != 0) fail(what, "other bits on more threads", threads);
      if (threads > 1) continue;
      double scale = o.scale, worst = 0;
      for (double e : o.expected) scale = std::max(scale, std::isfinite(e) ? std::fabs(e) : 0);
      size_t wrong = 0, at = 0;
      for (size_t i = 0; i < o.expected.size(); ++i) {
        float f = 0;
        if (!o.bytes) std::memcpy(&f, blocks[k]->data() + 4 * i, 4);
        const double e = o.expected[i], r = o.bytes ? double((unsigned char)blocks[k]->data()[i]) : f;
        double error = 0;
        if (std::isfinite(e)) error = r == r ? std::fabs(r - e) : INFINITY;
        else if (std::isnan(e) != std::isnan(r) || (std::isinf(e) && r != e)) error = INFINITY;
        if (error > (o.bytes ? 0 : 8 * std::ldexp(1.0, -23) * scale)) at = wrong++ ? at : i;
        worst = std::max(worst, error);
      }
      if (wrong) fail(what, "error, bound", worst, 8 * std::ldexp(1.0, -23) * scale), std::printf("     %zu of %zu, first %zu\n", wrong, o.expected.size(), at);
    }
  }
}

struct Conv {
  int n, c, h, w, o, kh, kw, sh = 1, sw = 1, pt = 0, pl = 0, dh = 1, dw = 1, g = 1;
  int from = 1, to = 1;            // border, or -1: NCHW
  int relu = 1, ph = 1, pw = 1;
  int residual = -2;               // its border; -2: none
  bool scale = false;
};
int layout(int b) { return b < 0 ? 0 : 1; }
int border(int b) { return b < 0 ? 0 : b; }

// Windows of `whole`, NCHW, with their positions.
template <class Fn> void windows(const Lie& whole, int ph, int pw, Fn&& f) {
  size_t u = 0;
  for (int plane = 0; plane < whole.n * whole.c; ++plane)
    for (int y = 0; y < whole.h / ph; ++y)
      for (int x = 0; x < whole.w / pw; ++x, ++u)
        for (int q = 0; q < ph * pw; ++q) f(u, q, (size_t(plane) * whole.h + y * ph + q / pw) * whole.w + x * pw + q % pw);
}

template <class Fn> void triples(const Conv& s, int oh, int ow, Fn&& f) {
  const int ig = s.c / s.g, og = s.o / s.g;
  for (int n = 0; n < s.n; ++n)
    for (int o = 0; o < s.o; ++o)
      for (int y = 0; y < oh; ++y)
        for (int x = 0; x < ow; ++x)
          for (int i = 0; i < ig; ++i)
            for (int ky = 0; ky < s.kh; ++ky)
              for (int kx = 0; kx < s.kw; ++kx) {
                const int iy = y * s.sh - s.pt + ky * s.dh, ix = x * s.sw - s.pl + kx * s.dw;
                if (iy < 0 || ix < 0 || iy >= s.h || ix >= s.w) continue;
                f(((size_t(n) * s.o + o) * oh + y) * ow + x, ((size_t(n) * s.c + o / og * ig + i) * s.h + iy) * s.w + ix, ((size_t(o) * ig + i) * s.kh + ky) * s.kw + kx);
              }
}

void conv(const Conv& s) {
  const int oh = (s.h + 2 * s.pt - s.dh * (s.kh - 1) - 1) / s.sh + 1, ow = (s.w + 2 * s.pl - s.dw * (s.kw - 1) - 1) / s.sw + 1;
  char text[240];
  std::snprintf(text, sizeof text, "fused n%d c%d %dx%d o%d k%dx%d s%d,%d p%d,%d d%d,%d g%d from%d to%d relu%d pool%dx%d res%d scale%d", s.n, s.c, s.h, s.w, s.o, s.kh, s.kw, s.sh, s.sw, s.pt, s.pl, s.dh, s.dw, s.g, s.from, s.to, s.relu, s.ph, s.pw, s.residual, s.scale);
  const std::string name = text;
  const Lie in = {layout(s.from), s.n, s.c, s.h, s.w, border(s.from)}, whole = {layout(s.to), s.n, s.o, oh, ow, 0};
  const Lie out = {whole.layout, s.n, s.o, oh / s.ph, ow / s.pw, border(s.to)}, index = {1, s.n, s.o, oh / s.ph, ow / s.pw, 0};
  const bool has_residual = s.residual > -2;
  const Lie res = {whole.layout, s.n, s.o, oh, ow, whole.layout ? border(s.residual) : 0};
  const auto x = in.random(), w = random_floats(size_t(s.o) * (s.c / s.g) * s.kh * s.kw), bias = random_floats(s.o), scale = random_floats(s.o), residual = res.random();
  const Doubles X = in.read(x);
  Doubles sums(size_t(s.n) * s.o * oh * ow);
  triples(s, oh, ow, [&](size_t o, size_t i, size_t k) { sums[o] += X[i] * w[k]; });
  const Doubles R = res.read(residual);
  for (size_t i = 0; i < sums.size(); ++i) {
    const size_t c = i / (size_t(oh) * ow) % s.o;
    sums[i] = sums[i] * (s.scale ? scale[c] : 1) + bias[c] + (has_residual ? R[i] : 0);
  }
  const size_t pooled = size_t(s.n) * s.o * out.h * out.w;
  Doubles best(pooled), winner(pooled);
  double largest = 0;  // before ReLU6 cuts it
  for (double sum : sums) largest = std::max(largest, std::fabs(sum));
  windows(whole, s.ph, s.pw, [&](size_t u, int q, size_t i) {
    if (q == 0 || sums[i] > best[u]) best[u] = sums[i], winner[u] = q;
    if (q == s.ph * s.pw - 1 && s.relu && best[u] <= 0) best[u] = 0, winner[u] = q + 1;
    if (q == s.ph * s.pw - 1 && s.relu == 2 && best[u] > 6) best[u] = 6;
  });
  const Conv2dFusedF32Params p = {s.n, s.c, s.h, s.w, s.o, oh, ow, s.kh, s.kw, s.sh, s.sw, s.pt, s.pl, s.dh, s.dw, s.g, in.layout, in.border, out.layout, out.border, s.relu, s.ph, s.pw, res.border};
  verify(name, Kernel<id_conv2d_fused_f32>::entry, p, {x.data(), w.data(), s.scale ? scale.data() : nullptr, bias.data(), has_residual ? residual.data() : nullptr},
         {{"output", out.write(best), false, false, largest}, {"index", index.write(winner), true}});
  // Packed weights: as the machine wants them, the scale in them; and in blocks that it does not have.
  for (const int panel : {vectors_for(s.o / s.g) * LANES, 5}) {
    const bool inside = panel != 5;
    const int of_group = s.o / s.g, depth = s.c / s.g * s.kh * s.kw;
    const Conv2dPackF32Params pp = {s.o, s.c / s.g, s.kh, s.kw, s.g, in.layout, panel};
    Doubles expected(size_t(s.g) * ceil_div(of_group, panel) * panel * depth);
    for (int o = 0; o < s.o; ++o)
      for (int i = 0; i < depth; ++i) {
        const int taps = s.kh * s.kw, k = in.layout == 0 ? i : i % taps * (s.c / s.g) + i / taps, lane = o % of_group;
        expected[(size_t(o / of_group * ceil_div(of_group, panel) + lane / panel) * depth + k) * panel + lane % panel] = w[size_t(o) * depth + i] * (inside && s.scale ? scale[o] : 1);
      }
    verify(name + " pack", Kernel<id_conv2d_pack_f32>::entry, pp, {w.data(), inside && s.scale ? scale.data() : nullptr}, {{"packed", expected}});
    const std::vector<float> packed(expected.begin(), expected.end());
    Conv2dFusedF32Params q = p;
    q.panel = panel;
    verify(name + " packed", Kernel<id_conv2d_fused_f32>::entry, q, {x.data(), packed.data(), s.scale && !inside ? scale.data() : nullptr, bias.data(), has_residual ? residual.data() : nullptr},
           {{"output", out.write(best), false, false, largest}, {"index", index.write(winner), true}});
  }
  if (s.kh == 3 && s.kw == 3 && s.sh == 1 && s.sw == 1 && s.dh == 1 && s.dw == 1 && s.g == 1 && s.ph == s.pw && s.ph <= 2)
    for (const int panel : {vectors_for(s.o) * LANES, 5}) {
      const int blocks = ceil_div(s.o, panel);
      Doubles expected(size_t(16) * blocks * panel * s.c);
      for (int o = 0; o < s.o; ++o)
        for (int c = 0; c < s.c; ++c) {
          // G g Gt by its definition
          const double G[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
          for (int term = 0; term < 16; ++term) {
            double sum = 0;
            for (int k = 0; k < 9; ++k) sum += G[term / 4][k / 3] * G[term % 4][k % 3] * w[(size_t(o) * s.c + c) * 9 + k];
            expected[((size_t(term) * blocks + o / panel) * s.c + c) * panel + o % panel] = sum * (s.scale ? scale[o] : 1);
          }
        }
      verify(name + " winograd pack", Kernel<id_conv2d_winograd_pack_f32>::entry, Conv2dWinogradPackF32Params{s.o, s.c, 0, panel}, {w.data(), s.scale ? scale.data() : nullptr}, {{"packed", expected}});
      const std::vector<float> packed(expected.begin(), expected.end());
      Conv2dFusedF32Params q = p;
      q.panel = panel;
      verify(name + " winograd", Kernel<id_conv2d_winograd_f32>::entry, q, {x.data(), packed.data(), bias.data(), has_residual ? residual.data() : nullptr},
             {{"output", out.write(best), false, false, 2 * largest}, {"index", index.write(winner), true}});
    }
  if (s.scale || s.relu == 2) return;
  const bool pools = s.ph * s.pw > 1;
  const auto g = out.random(), y = out.random();
  const Lie add = {in.layout, s.n, s.c, s.h, s.w, in.layout ? pick(0, 2) : 0}, dx = {in.layout, s.n, s.c, s.h, s.w, in.layout ? pick(0, 2) : 0};
  const auto addend = add.random();
  std::vector<unsigned char> which(index.size());
  for (auto& b : which) b = (unsigned char)pick(0, s.ph * s.pw - 1 + s.relu);
  const Doubles G = out.read(g), Y = out.read(y);
  Doubles grad(sums.size()), I(pooled);
  index.each([&](size_t place, size_t i) { I[i] = which[place]; });
  windows(whole, s.ph, s.pw, [&](size_t u, int q, size_t i) {
    if (pools) grad[i] = I[u] == q ? G[u] : 0;
    else grad[i] = s.relu && Y[u] <= 0 ? 0 : G[u];
  });
  Doubles DX(X.size()), DW(w.size()), DB(s.o);
  triples(s, oh, ow, [&](size_t o, size_t i, size_t k) {
    DX[i] += grad[o] * w[k];
    DW[k] += grad[o] * X[i];
  });
  for (size_t i = 0; i < grad.size(); ++i) DB[i / (size_t(oh) * ow) % s.o] += grad[i];
  const Doubles A = add.read(addend);
  if (has_residual)
    for (size_t i = 0; i < DX.size(); ++i) DX[i] += A[i];
  const Conv2dFusedBackwardF32Params b = {s.n, s.c, s.h, s.w, s.o, oh, ow, s.kh, s.kw, s.sh, s.sw, s.pt, s.pl, s.dh, s.dw, s.g, in.layout, in.border, out.layout, out.border, s.relu, s.ph, s.pw, out.border, dx.border, add.border};
  for (int leave = 0; leave < (s.n == 2 ? 4 : 1); ++leave)
    verify(name + " backward", Kernel<id_conv2d_fused_backward_f32>::entry, b,
           {g.data(), pools ? which.data() : nullptr, pools ? nullptr : y.data(), x.data(), w.data(), has_residual ? addend.data() : nullptr},
           {{"dX", dx.write(DX), false, leave == 1}, {"dW", DW, false, leave == 2}, {"db", DB, false, leave == 3}});
}

struct Norm {
  int n, c, h, w, in_border, to, relu, ph, pw, residual;  // to, residual: as in Conv
};
void norm(const Norm& s) {
  char text[160];
  std::snprintf(text, sizeof text, "norm n%d c%d %dx%d from%d to%d relu%d pool%dx%d res%d", s.n, s.c, s.h, s.w, s.in_border, s.to, s.relu, s.ph, s.pw, s.residual);
  const std::string name = text;
  const int window = s.ph * s.pw;
  const Lie in = {1, s.n, s.c, s.h, s.w, s.in_border}, whole = {layout(s.to), s.n, s.c, s.h, s.w, 0};
  const Lie out = {whole.layout, s.n, s.c, s.h / s.ph, s.w / s.pw, border(s.to)}, index = {1, s.n, s.c, s.h / s.ph, s.w / s.pw, 0};
  const bool has_residual = s.residual > -2;
  const Lie res = {whole.layout, s.n, s.c, s.h, s.w, whole.layout ? border(s.residual) : 0};
  const auto x = in.random(), weight = random_floats(s.c), bias = random_floats(s.c), residual = res.random(), g = out.random(), y = out.random();
  const Doubles X = in.read(x), R = res.read(residual), G = out.read(g), Y = out.read(y);
  const size_t plane = size_t(s.h) * s.w, pooled = size_t(s.n) * s.c * out.h * out.w;
  const auto channel = [&](size_t i) { return i / plane % s.c; };
  const double count = double(s.n) * plane, eps = double(1e-5f);
  Doubles mean(s.c), inv(s.c), variance(s.c), values(X.size());
  double largest = 0;
  for (double value : X) largest = std::max(largest, std::fabs(value));
  for (size_t i = 0; i < X.size(); ++i) mean[channel(i)] += X[i] / count;
  for (size_t i = 0; i < X.size(); ++i) variance[channel(i)] += (X[i] - mean[channel(i)]) * (X[i] - mean[channel(i)]);
  for (int c = 0; c < s.c; ++c) inv[c] = 1 / std::sqrt(variance[c] / count + eps), variance[c] /= count - 1;
  for (size_t i = 0; i < X.size(); ++i) values[i] = (X[i] - mean[channel(i)]) * inv[channel(i)] * weight[channel(i)] + bias[channel(i)] + (has_residual ? R[i] : 0);
  Doubles best(pooled), winner(pooled), grad(X.size()), I(pooled);
  std::vector<unsigned char> which(index.size());
  for (auto& b : which) b = (unsigned char)pick(0, window - 1 + s.relu);
  index.each([&](size_t place, size_t i) { I[i] = which[place]; });
  windows(whole, s.ph, s.pw, [&](size_t u, int q, size_t i) {
    if (q == 0 || values[i] > best[u]) best[u] = values[i], winner[u] = q;
    if (q == window - 1 && s.relu && best[u] <= 0) best[u] = 0, winner[u] = q + 1;
    if (window > 1) grad[i] = I[u] == q ? G[u] : 0;
    else grad[i] = s.relu && Y[u] <= 0 ? 0 : G[u];
  });
  const BatchNormFusedTrainF32Params p = {s.n, s.c, s.h, s.w, s.in_border, out.layout, out.border, s.relu, s.ph, s.pw, res.border, 1e-5f};
  verify(name, Kernel<id_batch_norm_fused_train_f32>::entry, p, {x.data(), weight.data(), bias.data(), has_residual ? residual.data() : nullptr},
         {{"output", out.write(best)}, {"mean", mean, false, false, largest}, {"invStd", inv}, {"variance", variance}, {"index", index.write(winner), true}});
  std::vector<float> m(s.c), v(s.c);
  for (int c = 0; c < s.c; ++c) m[c] = float(mean[c]), v[c] = float(inv[c]);
  Doubles sum(s.c), dot(s.c), dx(X.size());
  for (size_t i = 0; i < X.size(); ++i) sum[channel(i)] += grad[i], dot[channel(i)] += grad[i] * (X[i] - m[channel(i)]) * v[channel(i)];
  for (size_t i = 0; i < X.size(); ++i) {
    const size_t c = channel(i);
    dx[i] = weight[c] * double(v[c]) * (grad[i] - sum[c] / count - (X[i] - m[c]) * v[c] * dot[c] / count);
  }
  const Lie to = {1, s.n, s.c, s.h, s.w, pick(0, 2)};
  const BatchNormFusedTrainBackwardF32Params b = {s.n, s.c, s.h, s.w, s.in_border, out.layout, out.border, s.relu, s.ph, s.pw, res.border, out.border, to.border};
  verify(name + " backward", Kernel<id_batch_norm_fused_train_backward_f32>::entry, b,
         {g.data(), window > 1 ? which.data() : nullptr, window > 1 ? nullptr : y.data(), x.data(), weight.data(), m.data(), v.data()},
         {{"dX", to.write(dx)}, {"dWeight", dot}, {"dBias", sum}, {"dResidual", res.write(grad), false, !has_residual}});
}

void pools(int n, int c, int h, int w, int kh, int kw, int sh, int sw, int pt, int pl, int in_border, int out_border) {
  const int oh = (h + 2 * pt - kh) / sh + 1, ow = (w + 2 * pl - kw) / sw + 1;
  char text[160];
  std::snprintf(text, sizeof text, "pool n%d c%d %dx%d k%dx%d s%d,%d p%d,%d from%d to%d", n, c, h, w, kh, kw, sh, sw, pt, pl, in_border, out_border);
  const std::string name = text;
  const Lie in = {1, n, c, h, w, in_border}, out = {1, n, c, oh, ow, out_border}, index = {1, n, c, oh, ow, 0};
  const auto x = in.random(), g = out.random();
  const Doubles X = in.read(x), G = out.read(g);
  Doubles best(G.size(), -INFINITY), winner(G.size()), average(G.size()), dx(X.size()), da(X.size());
  const auto taps = [&](auto&& f) {
    size_t u = 0;
    for (int plane = 0; plane < n * c; ++plane)
      for (int y = 0; y < oh; ++y)
        for (int q = 0; q < ow; ++q, ++u)
          for (int k = 0; k < kh * kw; ++k) {
            const int iy = y * sh - pt + k / kw, ix = q * sw - pl + k % kw;
            if (iy >= 0 && ix >= 0 && iy < h && ix < w) f(u, k, (size_t(plane) * h + iy) * w + ix);
          }
  };
  taps([&](size_t u, int k, size_t i) {
    if (X[i] > best[u]) best[u] = X[i], winner[u] = k;
    average[u] += X[i] / (kh * kw);
    da[i] += G[u] / (kh * kw);
  });
  taps([&](size_t u, int k, size_t i) {
    if (winner[u] == k) dx[i] += G[u];
  });
  const Doubles bytes = index.write(winner);
  std::vector<unsigned char> which(bytes.begin(), bytes.end());
  const MaxPool2dNhwcF32Params p = {n, c, h, w, oh, ow, kh, kw, sh, sw, pt, pl, in_border, out_border};
  MaxPool2dNhwcBackwardF32Params pb;
  std::memcpy(&pb, &p, sizeof p);
  const AvgPool2dNhwcF32Params a = {n, c, h, w, oh, ow, kh, kw, sh, sw, pt, pl, in_border, out_border, 1, pt, pl};
  AvgPool2dNhwcBackwardF32Params ab;
  std::memcpy(&ab, &a, sizeof a);
  verify("max " + name, Kernel<id_max_pool2d_nhwc_f32>::entry, p, {x.data()}, {{"output", out.write(best)}, {"index", bytes, true}});
  verify("max " + name, Kernel<id_max_pool2d_nhwc_backward_f32>::entry, pb, {g.data(), which.data()}, {{"dX", in.write(dx)}});
  verify("average " + name, Kernel<id_avg_pool2d_nhwc_f32>::entry, a, {x.data()}, {{"output", out.write(average)}});
  verify("average " + name, Kernel<id_avg_pool2d_nhwc_backward_f32>::entry, ab, {g.data()}, {{"dX", in.write(da)}});
}

void convert(int n, int c, int h, int w, int from, int to) {
  const Lie in = {layout(from), n, c, h, w, border(from)}, out = {layout(to), n, c, h, w, border(to)};
  const auto x = in.random();
  char name[100];
  std::snprintf(name, sizeof name, "convert n%d c%d %dx%d from%d to%d", n, c, h, w, from, to);
  verify(name, Kernel<id_convert_layout_f32>::entry, ConvertLayoutF32Params{n, c, h, w, in.layout, in.border, out.layout, out.border}, {x.data()}, {{"output", out.write(in.read(x))}});
}

}  // namespace

int main(int argc, char**) {
  const bool few = argc > 1;  // the smaller shapes alone, for slow builds
  const Conv shapes[] = {
      // n, c, h, w, o, kh, kw, sh, sw, pt, pl, dh, dw, g, from, to, relu, ph, pw, residual, scale
      {1, 1, 1, 1, 1, 1, 1},
      {2, 3, 8, 8, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1, -1, 1, 1, 2, 2},
      {2, 3, 32, 32, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1, -1, 1, 1, 2, 2},
      {3, 32, 16, 16, 64, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, -1, 1, 2, 2},
      {5, 32, 8, 8, 64, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2},
      {2, 3, 9, 11, 33, 3, 3, 1, 1, 1, 1, 1, 1, 1, -1, 2, 1, 2, 2},
      {2, 32, 7, 9, 64, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 2, 2},
      {2, 32, 7, 9, 64, 3, 3, 1, 1, 1, 1, 1, 1, 1, 0, -1, 1, 2, 2},
      {2, 19, 7, 8, 21, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 3, 2},
      {2, 64, 8, 8, 64, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
      {9, 130, 4, 4, 70, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0},
      {2, 350, 5, 3, 33, 3, 3, 1, 1, 1, 1, 1, 1, 1, 0, 1, 2},
      {1, 20, 31, 29, 40, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, -1, 1, 1, 1, 0, true},
      {2, 16, 6, 6, 24, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, true},
      {2, 16, 6, 6, 24, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, -1, 1, 2, 2, 0},
      {2, 16, 6, 6, 24, 3, 3, 1, 1, 1, 1, 1, 1, 1, -1, -1, 1, 1, 1, 0},
      {17, 20, 3, 3, 9, 2, 2},
      {4, 100, 5, 5, 24, 1, 1, 2, 2},
      {2, 64, 7, 7, 37, 1, 1},
      {2, 3, 30, 31, 20, 7, 7, 2, 2, 3, 3, 1, 1, 1, -1, 1},
      {2, 16, 15, 13, 24, 3, 3, 2, 2, 1, 1},
      {2, 16, 16, 16, 24, 3, 3, 2, 2, 1, 1},
      {1, 8, 17, 19, 8, 3, 3, 1, 1, 2, 3, 2, 3},
      {2, 5, 20, 18, 7, 3, 2, 2, 3, 1, 0, 3, 2},
      {1, 4, 12, 12, 6, 2, 2, 4, 4},
      {2, 4, 5, 5, 6, 3, 3, 1, 1, 4, 4},
      {2, 8, 10, 10, 8, 3, 3, 1, 1, 1, 1, 1, 1, 8},
      {3, 17, 9, 11, 17, 3, 3, 1, 1, 1, 1, 1, 1, 17},
      {2, 70, 13, 18, 70, 3, 3, 1, 1, 1, 1, 1, 1, 70, 1, 1, 2},
      {2, 37, 14, 11, 37, 5, 5, 2, 2, 2, 2, 1, 1, 37, -1, -1, 2, 1, 1, -2, true},
      {2, 40, 12, 17, 40, 3, 3, 1, 2, 2, 1, 2, 1, 40, 0, 1, 1},
      {1, 96, 40, 33, 96, 3, 3, 2, 2, 1, 1, 1, 1, 96, 1, 1, 2, 1, 1, -2, true},
      {2, 12, 9, 8, 18, 3, 3, 1, 1, 1, 1, 1, 1, 3, 1, 1, 1, 2, 2},
      {1, 70, 40, 60, 40, 3, 3, 1, 1, 1, 1},
      {1, 24, 40, 60, 40, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2},
      {1, 24, 40, 60, 40, 3, 3, 1, 1, 1, 1, 1, 1, 1, 0, -1, 1, 2, 2},
      {64, 8, 8, 8, 8, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2},
      {21, 6, 5, 5, 16, 5, 5, 1, 1, 2, 2, 1, 1, 1, 1, -1, 1, 2, 2},
      {3, 8, 1, 1, 8, 3, 3, 1, 1, 1, 1},
      {2, 8, 1, 6, 8, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2},  // no whole window
      {0, 3, 8, 8, 4, 3, 3, 1, 1, 1, 1},
  };
  for (const Conv& s : shapes)
    if (!few || double(s.n) * s.c * s.h * s.w * s.o < 1e5) conv(s);
  for (int i = 0; i < (few ? 20 : 80); ++i) {  // and some that nobody thought of
    Conv s = {};
    s.g = pick(0, 3) ? 1 : pick(1, 4);
    s.n = pick(1, 5), s.c = s.g * pick(1, i % 3 ? 20 : 70), s.o = s.g * pick(1, i % 4 ? 20 : 70);
    s.kh = pick(1, 4), s.kw = pick(1, 4), s.sh = pick(0, 1) ? 1 : pick(1, 3), s.sw = pick(0, 1) ? 1 : pick(1, 3), s.dh = pick(1, 2), s.dw = pick(1, 2);
    if (i % 2) s.kh = s.kw = 3, s.sh = s.sw = s.dh = s.dw = 1;
    s.pt = pick(0, 2), s.pl = pick(0, 2);
    s.h = s.dh * (s.kh - 1) + 1 + pick(0, 12), s.w = s.dw * (s.kw - 1) + 1 + pick(0, 12);
    s.from = pick(-1, 2), s.to = pick(-1, 2), s.relu = pick(0, 2);
    if (pick(0, 1)) s.ph = s.pw = 2;
    else s.ph = pick(1, 2), s.pw = pick(1, 3);
    s.residual = pick(-2, 2) < 0 ? -2 : pick(0, 2), s.scale = pick(0, 4) == 0;
    conv(s);
  }
  const Norm norms[] = {
      {3, 19, 5, 6, 1, 1, 1, 1, 1, -2}, {2, 32, 8, 8, 0, 1, 1, 2, 2, -2}, {2, 16, 6, 7, 0, -1, 1, 2, 2, -2}, {4, 64, 4, 4, 1, 1, 1, 1, 1, 1}, {2, 8, 6, 6, 0, 1, 1, 2, 2, 0},
      {2, 70, 7, 5, 1, 0, 0, 3, 2, 2}, {2, 12, 5, 5, 0, -1, 1, 1, 1, 0}, {40, 130, 2, 3, 0, 1, 1, 1, 1, -2}, {5, 9, 1, 1, 0, 0, 0, 1, 1, -2}, {1, 5, 3, 700, 0, 1, 1, 1, 1, -2}, {2, 33, 1, 6, 0, 1, 1, 2, 2, -2},
  };
  for (const Norm& s : norms) norm(s);
  pools(2, 16, 6, 8, 2, 2, 2, 2, 0, 0, 0, 1);
  pools(2, 21, 9, 10, 3, 3, 2, 2, 1, 1, 1, 0);
  pools(1, 8, 7, 6, 3, 2, 1, 2, 0, 0, 2, 1);
  pools(3, 40, 4, 4, 4, 4, 4, 4, 0, 0, 0, 0);
  pools(0, 4, 4, 4, 2, 2, 2, 2, 0, 0, 0, 0);
  for (int from = -1; from < 3; ++from)
    for (int to = -1; to < 3; ++to) convert(2, 19, 6, 7, from, to), convert(1, 64, 70, 9, from, to), convert(3, 3, 1, 1, from, to);
  std::printf("%d lanes: %d checks of fused kernels, %d failures\n", drishti::DRISHTI_NS::LANES, checks, failures);
  return failures != 0;
}
