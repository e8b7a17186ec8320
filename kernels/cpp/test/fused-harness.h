// What the checks of the fused kernels share: random numbers, layouts, and the comparison with what is expected.
#pragma once
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

}  // namespace
