// Pools of NHWC images and conversion between layouts against plain loops.
#pragma once
#include "fused-harness.h"

namespace {

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
