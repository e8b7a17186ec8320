// Batch norm by batch statistics against plain loops: by itself, and with the convolution in front of it.
#pragma once
#include "fused-harness.h"

namespace {

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

// A convolution with batch norm, pooled behind it or before; gradients of the second.
struct NormedConv {
  Conv conv;
  bool pooled;
};
void conv_norm(const NormedConv& both) {
  const Conv& s = both.conv;
  const int oh = (s.h + 2 * s.pt - s.dh * (s.kh - 1) - 1) / s.sh + 1, ow = (s.w + 2 * s.pl - s.dw * (s.kw - 1) - 1) / s.sw + 1;
  char text[240];
  std::snprintf(text, sizeof text, "conv norm n%d c%d %dx%d o%d k%dx%d s%d,%d from%d to%d relu%d pool%dx%d first%d res%d", s.n, s.c, s.h, s.w, s.o, s.kh, s.kw, s.sh, s.sw, s.from, s.to, s.relu, s.ph, s.pw, both.pooled, s.residual);
  const std::string name = text;
  const Lie in = {layout(s.from), s.n, s.c, s.h, s.w, border(s.from)}, whole = {layout(s.to), s.n, s.o, oh, ow, 0};
  const Lie out = {whole.layout, s.n, s.o, oh / s.ph, ow / s.pw, border(s.to)}, index = {1, s.n, s.o, oh / s.ph, ow / s.pw, 0};
  const bool has_residual = s.residual > -2;
  const Lie res = {whole.layout, s.n, s.o, oh, ow, whole.layout ? border(s.residual) : 0};
  const auto x = in.random(), w = random_floats(size_t(s.o) * s.c * s.kh * s.kw), bias = random_floats(s.o), scale = random_floats(s.o), shift = random_floats(s.o), residual = res.random();
  const Doubles X = in.read(x), R = res.read(residual);
  const size_t plane = size_t(oh) * ow, pooled = size_t(s.n) * s.o * out.h * out.w;
  const double count = double(s.n) * plane;
  const auto channel = [&](size_t i) { return i / plane % s.o; };
  Doubles sums(size_t(s.n) * s.o * plane), mean(s.o), inv(s.o), variance(s.o), values(sums.size());
  triples(s, oh, ow, [&](size_t o, size_t i, size_t k) { sums[o] += X[i] * w[k]; });
  double largest = 0;
  for (size_t i = 0; i < sums.size(); ++i) sums[i] += bias[channel(i)], mean[channel(i)] += sums[i] / count, largest = std::max(largest, std::fabs(sums[i]));
  for (size_t i = 0; i < sums.size(); ++i) variance[channel(i)] += (sums[i] - mean[channel(i)]) * (sums[i] - mean[channel(i)]);
  for (int c = 0; c < s.o; ++c) inv[c] = 1 / std::sqrt(variance[c] / count + double(1e-5f)), variance[c] /= count - 1;
  for (size_t i = 0; i < sums.size(); ++i) values[i] = (sums[i] - mean[channel(i)]) * inv[channel(i)] * scale[channel(i)] + shift[channel(i)] + (has_residual ? R[i] : 0);
  Doubles best(pooled), winner(pooled), won(pooled);
  windows(whole, s.ph, s.pw, [&](size_t u, int q, size_t i) {
    if (q == 0 || values[i] > best[u]) best[u] = values[i], winner[u] = q, won[u] = sums[i];
    if (q == s.ph * s.pw - 1 && s.relu && best[u] <= 0) best[u] = 0, winner[u] = q + 1;
  });
  const Lie raw = {1, s.n, s.o, both.pooled ? out.h : oh, both.pooled ? out.w : ow, 0};
  const Conv2dNormTrainF32Params p = {s.n, s.c, s.h, s.w, s.o, oh, ow, s.kh, s.kw, s.sh, s.sw, s.pt, s.pl, s.dh, s.dw, 1, in.layout, in.border, out.layout, out.border, s.relu, s.ph, s.pw, res.border, both.pooled, 1e-5f};
  verify(name, Kernel<id_conv2d_norm_train_f32>::entry, p, {x.data(), w.data(), bias.data(), scale.data(), shift.data(), has_residual ? residual.data() : nullptr},
         {{"output", out.write(best)}, {"raw", raw.write(both.pooled ? won : sums)}, {"mean", mean, false, false, largest}, {"invStd", inv}, {"variance", variance, false, false, largest * largest}, {"index", index.write(winner), true}});
  if (!both.pooled) return;
  const auto g = out.random();
  const auto bytes = index.write(winner), rows = raw.write(won);
  const std::vector<unsigned char> which(bytes.begin(), bytes.end());
  const std::vector<float> kept(rows.begin(), rows.end()), m(mean.begin(), mean.end()), v(inv.begin(), inv.end());
  const Doubles G = out.read(g);
  Doubles sum(s.o), dot(s.o), grad(sums.size()), DW(w.size());
  windows(whole, 2, 2, [&](size_t u, int q, size_t i) {
    if (winner[u] == q) grad[i] = G[u], sum[channel(i)] += G[u], dot[channel(i)] += G[u] * (sums[i] - mean[channel(i)]) * inv[channel(i)];
  });
  for (size_t i = 0; i < grad.size(); ++i) {
    const size_t c = channel(i);
    grad[i] = scale[c] * inv[c] * (grad[i] - sum[c] / count - (sums[i] - mean[c]) * inv[c] * dot[c] / count);
  }
  triples(s, oh, ow, [&](size_t o, size_t i, size_t k) { DW[k] += grad[o] * X[i]; });
  const Conv2dNormTrainBackwardF32Params b = {s.n, s.c, s.h, s.w, s.o, oh, ow, s.kh, s.kw, s.sh, s.sw, s.pt, s.pl, s.dh, s.dw, 1, in.layout, in.border, out.layout, out.border, s.relu, 2, 2, out.border};
  verify(name + " backward", Kernel<id_conv2d_norm_train_backward_f32>::entry, b, {g.data(), which.data(), kept.data(), x.data(), w.data(), scale.data(), m.data(), v.data()},
         {{"dW", DW}, {"dScale", dot}, {"dShift", sum}, {"db", Doubles(s.o)}});
}
}  // namespace
