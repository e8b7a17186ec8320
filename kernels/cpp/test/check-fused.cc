// Compares the fused kernels with plain loops in doubles, over layouts, borders, windows and shapes that catch every remainder
// path, and demands the same bits on 1, 2 and 3 threads. Built and run as check.cc is.
#include "fused-harness.h"
#include "fused-norms.h"
#include "fused-pools.h"

namespace {

// G g Gt by its definition, of a weight for `outs` outputs of `ins` channels or, transposed, the other way.
Doubles winograd_filters(const std::vector<float>& w, int outs, int ins, bool transposed, int panel, int tile, int stride, const float* scale) {
  const int blocks = ceil_div(outs, panel), wide = stride == 2 ? 4 : tile + 2;
  const double G1[4][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, 0, 1}}, G2[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
  double G4[6][3] = {};
  const double points[] = {0, 0.75, -0.75, 1.5, -1.5};
  for (int i = 0; i < 5; ++i) {
    double f = 1;
    for (const double other : points) f *= other == points[i] ? 1 : points[i] - other;
    G4[i][0] = 1 / f, G4[i][1] = points[i] / f, G4[i][2] = points[i] * points[i] / f;
  }
  G4[5][2] = 1;
  const auto* const G = stride == 2 ? G1 : tile == 4 ? G4 : G2;
  Doubles packed(size_t(wide) * wide * blocks * panel * ins);
  for (int o = 0; o < outs; ++o)
    for (int c = 0; c < ins; ++c)
      for (int term = 0; term < wide * wide; ++term) {
        double sum = 0;
        for (int k = 0; k < 9; ++k) sum += G[term / wide][k / 3] * G[term % wide][k % 3] * w[(transposed ? size_t(c) * outs + o : size_t(o) * ins + c) * 9 + (transposed && stride == 1 ? 8 - k : k)];
        packed[((size_t(term) * blocks + o / panel) * ins + c) * panel + o % panel] = sum * (scale ? scale[o] : 1);
      }
  return packed;
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
  auto x = in.random();
  for (size_t i = 0; i < x.size(); i += 3) x[i] = 0;
  const auto w = random_floats(size_t(s.o) * (s.c / s.g) * s.kh * s.kw), bias = random_floats(s.o), scale = random_floats(s.o), residual = res.random();
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
  if (s.kh == 3 && s.kw == 3 && s.sh == s.sw && s.dh == 1 && s.dw == 1 && s.g == 1 && s.ph == s.pw && s.ph * s.sh <= 2)
    for (const auto& [panel, tile] : {std::pair(vectors_for(s.o) * LANES, 2), std::pair(5, 2), std::pair(vectors_for(s.o) * LANES, 4), std::pair(5, 4)}) {
      if (s.sh == 2 && tile == 4) continue;
      const Doubles expected = winograd_filters(w, s.o, s.c, false, panel, tile, s.sh, s.scale ? scale.data() : nullptr);
      verify(name + " winograd pack", Kernel<id_conv2d_winograd_pack_f32>::entry, Conv2dWinogradPackF32Params{s.o, s.c, 0, panel, tile, s.sh}, {w.data(), s.scale ? scale.data() : nullptr}, {{"packed", expected}});
      const std::vector<float> packed(expected.begin(), expected.end());
      Conv2dWinogradF32Params q = {s.n, s.c, s.h, s.w, s.o, oh, ow, 3, 3, s.sh, s.sw, s.pt, s.pl, 1, 1, 1, in.layout, in.border, out.layout, out.border, s.relu, s.ph, s.pw, res.border, panel, in.border, tile};
      verify(name + " winograd", Kernel<id_conv2d_winograd_f32>::entry, q, {x.data(), packed.data(), bias.data(), has_residual ? residual.data() : nullptr, nullptr},
             {{"output", out.write(best), false, false, tile * largest}, {"index", index.write(winner), true}});
      // Other numbers where there was a 0, hidden by the mask: nothing changes.
      const Lie hides = {in.layout, s.n, s.c, s.h, s.w, in.layout ? 2 - in.border : 0};
      auto mask = hides.random();
      std::vector<float> more = x;
      std::vector<size_t> places;
      hides.each([&](size_t place, size_t) { places.push_back(place); });
      in.each([&](size_t place, size_t i) {
        if (x[place] == 0) more[place] = 1000, mask[places[i]] = -0.0f;
        else mask[places[i]] = 0.5f;
      });
      q.maskBorder = hides.border;
      verify(name + " winograd behind a mask", Kernel<id_conv2d_winograd_f32>::entry, q, {more.data(), packed.data(), bias.data(), has_residual ? residual.data() : nullptr, mask.data()},
             {{"output", out.write(best), false, false, tile * largest}, {"index", index.write(winner), true}});
    }
  if (s.scale || s.relu == 2) return;
  const bool pools = s.ph * s.pw > 1;
  const auto g = out.random(), y = out.random();
  const Lie add = {in.layout, s.n, s.c, s.h, s.w, in.layout ? pick(0, 2) : 0}, dx = {in.layout, s.n, s.c, s.h, s.w, in.layout ? pick(0, 2) : 0};
  const auto addend = add.random();
  std::vector<unsigned char> which(index.size() + 1);  // never null
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
  if (s.kh != 3 || s.kw != 3 || s.sh != s.sw || s.sh > 2 || s.dh * s.dw * s.g != 1 || pools) return;
  double largest_weight = 0;
  for (double x : DW) largest_weight = std::max(largest_weight, std::fabs(x));
  for (const int tile : {2, 4}) {
    if (s.sh == 2 && tile == 4) continue;
    const Conv2dWinogradBackwardWeightF32Params q = {s.n, s.c, s.h, s.w, s.o, oh, ow, s.kh, s.kw, s.sh, s.sw, s.pt, s.pl, s.dh, s.dw, s.g, in.layout, in.border, out.layout, out.border, s.relu, s.ph, s.pw, out.border, tile};
    verify(name + " winograd backward weight", Kernel<id_conv2d_winograd_backward_weight_f32>::entry, q, {g.data(), y.data(), x.data()}, {{"dW", DW, false, false, tile * largest_weight}, {"db", DB, false, s.n == 2}});
  }
  if (s.sh != 2 || s.pt % 2 != s.pl % 2 || s.pt > 2 || s.pl > 2) return;
  double largest_input = 0;
  for (double x : DX) largest_input = std::max(largest_input, std::fabs(x));
  for (const int panel : {vectors_for(s.c) * LANES, 5}) {
    const Doubles expected = winograd_filters(w, s.c, s.o, true, panel, 2, 2, nullptr);
    verify(name + " winograd pack transposed", Kernel<id_conv2d_winograd_pack_f32>::entry, Conv2dWinogradPackF32Params{s.c, s.o, 1, panel, 2, 2}, {w.data(), nullptr}, {{"packed", expected}});
    const std::vector<float> packed(expected.begin(), expected.end());
    const Conv2dWinogradF32Params q = {s.n, s.o, oh, ow, s.c, s.h, s.w, 3, 3, 2, 2, s.pt, s.pl, 1, 1, 1, out.layout, out.border, in.layout, dx.border, 0, 1, 1, add.border, panel, out.border, 2, 1};
    verify(name + " winograd backward input", Kernel<id_conv2d_winograd_f32>::entry, q, {g.data(), packed.data(), nullptr, has_residual ? addend.data() : nullptr, s.relu ? y.data() : nullptr},
           {{"dX", dx.write(DX), false, false, 2 * largest_input}, {"index", {}, true, true}});
  }
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
      {3, 40, 12, 10, 70, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, true},
      {5, 70, 8, 8, 33, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1},
      {2, 33, 9, 7, 35, 3, 3, 2, 2, 0, 0, 1, 1, 1, 0, 1, 1, 1, 1, 0},
      {2, 21, 10, 7, 18, 3, 3, 2, 2, 2, 0, 1, 1, 1, -1, -1, 0},
      {1, 350, 6, 5, 19, 3, 3, 2, 2, 0, 1, 1, 1, 1, 1, 1, 2},
      {3, 9, 1, 1, 17, 3, 3, 2, 2, 1, 1},
      {0, 8, 6, 6, 9, 3, 3, 2, 2, 1, 1},
  };
  for (const Conv& s : shapes)
    if (!few || double(s.n) * s.c * s.h * s.w * s.o < 1e5) conv(s);
  for (int i = 0; i < (few ? 20 : 80); ++i) {  // and some that nobody thought of
    Conv s = {};
    s.g = pick(0, 3) ? 1 : pick(1, 4);
    s.n = pick(1, 5), s.c = s.g * pick(1, i % 3 ? 20 : 70), s.o = s.g * pick(1, i % 4 ? 20 : 70);
    s.kh = pick(1, 4), s.kw = pick(1, 4), s.sh = pick(0, 1) ? 1 : pick(1, 3), s.sw = pick(0, 1) ? 1 : pick(1, 3), s.dh = pick(1, 2), s.dw = pick(1, 2);
    if (i % 2) s.kh = s.kw = 3, s.sh = s.sw = i % 8 == 5 ? 2 : 1, s.dh = s.dw = 1;
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
  const NormedConv both[] = {
      {{3, 3, 16, 16, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1, -1, 1, 1, 2, 2}, true}, {{2, 3, 10, 8, 19, 2, 3, 1, 1, 1, 1, 2, 1, 1, -1, -1, 1, 2, 2}, true},
      {{5, 4, 12, 15, 8, 5, 5, 2, 2, 2, 2, 1, 1, 1, 1, 0, 0, 2, 2}, true}, {{20, 1, 4, 4, 33, 3, 3, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 2, 2}, true},
      {{2, 8, 8, 8, 40, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2}, false}, {{2, 40, 9, 7, 19, 3, 3, 2, 1, 1, 1, 1, 1, 1, 1, -1, 1, 1, 1, 0}, false},
      {{3, 16, 6, 5, 16, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 2, 1, 1, 1, 1}, false}, {{1, 24, 40, 30, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 3, 2}, false},
      {{9, 5, 1, 1, 9, 3, 3, 1, 1, 1, 1}, false},
  };
  for (const NormedConv& s : both) conv_norm(s);
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
