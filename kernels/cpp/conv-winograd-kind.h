// The kinds of Winograd convolution: stride 1, F(MxM, 3x3) of conv-winograd-tile.h; and stride 2, its sums by the parity of the taps.
// Along one axis, with stride 2, taps 0 and 2 meet even inputs, tap 1 the odd ones. The first is F(2, 2): 3 products for 4; so two
// outputs are 5 products for 6, and 2x2 outputs 25 for 36:
//
//   y0 = (x0 - x2) w0 + x1 w1 + x2 (w0 + w2)        products of one output in brackets share a sum: 9 sums for 4 outputs
//   y1 = x2 (w0 + w2) + x3 w1 + (x4 - x2) w2        four different factors: 16 numbers of a filter
//
// Backward the even and odd inputs of the other side: x0 and x2 are F(2, 2) of three gradients, x1 and x3 one product each.
// No number but 0, 1 and -1: nothing is lost but what sums and differences lose.
#pragma once
#include "conv-winograd-tile.h"

namespace drishti {
namespace DRISHTI_NS {

// One product of a tile: number of the source, of the filter, of the sum; whether it is the sum's first.
struct Product {
  uint8_t source, weight, sum;
  bool first;
};
template <int COUNT> struct Products {
  Product of[COUNT];
};
// Of both axes, from those of one: source, weight and sum of each. Products of one filter number follow each other.
template <int COUNT> constexpr Products<COUNT * COUNT> products_of(const int (&axis)[COUNT][3], int sources, int weights, int sums) {
  Products<COUNT * COUNT> p = {};
  int n = 0;
  bool seen[64] = {};
  for (int w = 0; w < weights * weights; ++w)
    for (int i = 0; i < COUNT; ++i)
      for (int j = 0; j < COUNT; ++j) {
        if (axis[i][1] * weights + axis[j][1] != w) continue;
        const int sum = axis[i][2] * sums + axis[j][2];
        p.of[n++] = {uint8_t(axis[i][0] * sources + axis[j][0]), uint8_t(w), uint8_t(sum), !seen[sum]};
        seen[sum] = true;
      }
  return p;
}

// Of one axis: SIDE outputs; MOVE inputs from tile to tile, REACH of them met; SOURCE, WEIGHTS, SUMS numbers; PRODUCTS, of both axes.
template <int M> struct UnitStride {
  static constexpr int SIDE = M, MOVE = M, REACH = M + 2, SOURCE = M + 2, WEIGHTS = M + 2, SUMS = M + 2;
  static constexpr bool TURNS = true;  // backward the filters are turned
  static constexpr auto PRODUCTS = [] {
    int axis[M + 2][3] = {};
    for (int i = 0; i < M + 2; ++i) axis[i][0] = axis[i][1] = axis[i][2] = i;
    return products_of(axis, M + 2, M + 2, M + 2);
  }();
  static DRISHTI_INLINE void spread(const F (&d)[M + 2], F (&t)[M + 2]) { winograd_spread(d, t); }
  static DRISHTI_INLINE void gather(const F (&m)[M + 2], F (&y)[M]) { winograd_gather(m, y); }
  static DRISHTI_INLINE void lift(const F (&g)[M], F (&t)[M + 2]) { winograd_lift(g, t); }
  static DRISHTI_INLINE void unfilter(const F (&m)[M + 2], F (&y)[3]) { winograd_unfilter(m, y); }
  template <int W> static DRISHTI_INLINE void filter(const double* a, const double* b, const double* c, double (&to)[M + 2][W]) { winograd_filter(a, b, c, to); }
};

struct Halving {
  static constexpr int SIDE = 2, MOVE = 4, REACH = 5, SOURCE = 5, WEIGHTS = 4, SUMS = 3;
  static constexpr bool TURNS = false;
  static constexpr int AXIS[5][3] = {{0, 0, 0}, {1, 1, 0}, {2, 3, 1}, {3, 1, 2}, {4, 2, 2}};
  static constexpr auto PRODUCTS = products_of(AXIS, SOURCE, WEIGHTS, SUMS);
  static DRISHTI_INLINE void spread(const F (&d)[5], F (&t)[5]) {
    t[0] = d[0] - d[2];
    t[1] = d[1];
    t[2] = d[2];
    t[3] = d[3];
    t[4] = d[4] - d[2];
  }
  static DRISHTI_INLINE void gather(const F (&m)[3], F (&y)[2]) {
    y[0] = m[0] + m[1];
    y[1] = m[1] + m[2];
  }
  static DRISHTI_INLINE void lift(const F (&g)[2], F (&t)[3]) {
    t[0] = g[0];
    t[1] = g[0] + g[1];
    t[2] = g[1];
  }
  static DRISHTI_INLINE void unfilter(const F (&m)[4], F (&y)[3]) {
    y[0] = m[0] + m[3];
    y[1] = m[1];
    y[2] = m[2] + m[3];
  }
  template <int W> static DRISHTI_INLINE void filter(const double* a, const double* b, const double* c, double (&to)[4][W]) {
    for (int k = 0; k < W; ++k) to[0][k] = a[k], to[1][k] = b[k], to[2][k] = c[k], to[3][k] = a[k] + c[k];
  }
};

// The input's gradient of Halving. ODD: the padding is, and so the first input of a tile is one that a single tap meets.
template <bool ODD> struct Doubling {
  static constexpr int SIDE = 4, MOVE = 2, REACH = 3, SOURCE = 4, WEIGHTS = 4, SUMS = 5;
  static constexpr bool TURNS = false;
  static constexpr int AXIS[5][3] = {{0, 2, 0}, {1, 3, 1}, {2, 0, 2}, {1, 1, 3}, {3, 1, 4}};
  static constexpr auto PRODUCTS = products_of(AXIS, SOURCE, WEIGHTS, SUMS);
  static DRISHTI_INLINE void spread(const F (&d)[3], F (&t)[4]) {
    t[0] = d[0] - d[1];
    t[1] = d[1];
    t[2] = d[2] - d[1];
    t[3] = d[ODD ? 0 : 2];
  }
  static DRISHTI_INLINE void gather(const F (&m)[5], F (&y)[4]) {
    y[ODD ? 1 : 0] = m[0] + m[1];
    y[ODD ? 3 : 2] = m[1] + m[2];
    y[ODD ? 2 : 1] = m[3];
    y[ODD ? 0 : 3] = m[4];
  }
};

// What the plans ask of a kind.
struct KindSizes {
  int32_t side, move, reach, sources, weights, sums, count;
  const Product* products;
  template <class K> static KindSizes of() {
    return {K::SIDE, K::MOVE, K::REACH, K::SOURCE * K::SOURCE, K::WEIGHTS * K::WEIGHTS, K::SUMS * K::SUMS, int32_t(sizeof(K::PRODUCTS) / sizeof(Product)), K::PRODUCTS.of};
  }
};
template <class K> struct KindTag { using Kind = K; };

// Bᵀ d B of `count` tiles side by side for `channels`; number after number `slice` apart, tiles `pitch` apart.
// rows: those the tiles lie in; `columns` are to be had from there on. Channels that fill no vector are left undefined.
template <class K>
static void winograd_source(const float* const* rows, int32_t columns, ptrdiff_t pixel, int32_t count, int32_t channels, float* to, ptrdiff_t pitch, ptrdiff_t slice) {
  constexpr int R = K::REACH, N = K::SOURCE;
  for (int32_t t = 0; t < count; ++t, to += pitch) {
    ptrdiff_t at[R];
    // What lies behind the last column goes into outputs that nobody asked for.
    for (int32_t j = 0; j < R; ++j) at[j] = lesser(K::MOVE * t + j, columns - 1) * pixel;
    const auto transform = [&](int32_t c, auto&& get) DRISHTI_LAMBDA_INLINE {
      F d[N][R];
      for (int j = 0; j < R; ++j) {  // down each column
        F x[R], y[N];
        for (int i = 0; i < R; ++i) x[i] = get(rows[i] + at[j] + c);
        K::spread(x, y);
        for (int i = 0; i < N; ++i) d[i][j] = y[i];
      }
      for (int i = 0; i < N; ++i) {
        F y[N];
        K::spread(d[i], y);
        for (int j = 0; j < N; ++j) store(to + (N * i + j) * slice + c, y[j]);
      }
    };
    int32_t c = 0;
    for (; c + LANES <= channels; c += LANES) transform(c, [](const float* from) DRISHTI_LAMBDA_INLINE { return load<F>(from); });
    if (c < channels) transform(c, [&](const float* from) DRISHTI_LAMBDA_INLINE { return load_part<F>(from, channels - c); });
  }
}

// Aᵀ m of the columns of one tile and one vector; gather makes a row of outputs of each.
template <class K> DRISHTI_INLINE void winograd_columns(const float* from, ptrdiff_t slice, F (&s)[K::SIDE][K::SUMS]) {
  for (int j = 0; j < K::SUMS; ++j) {
    F m[K::SUMS], y[K::SIDE];
    for (int i = 0; i < K::SUMS; ++i) m[i] = load<F>(from + (K::SUMS * i + j) * slice);
    K::gather(m, y);
    for (int i = 0; i < K::SIDE; ++i) s[i][j] = y[i];
  }
}

// G g Gᵀ of W filters side by side, number j of them at filters + j * W; of each the numbers go `step` apart. turned: each filter
// from its end. In doubles, rounded once. A number is stored whole: all lie in one set of L1, and would be written in parts.
template <class K, int W>
static void winograd_weights(const float* filters, bool turned, const float* scale, float* to, ptrdiff_t step) {
  constexpr int N = K::WEIGHTS;
  double half[3][N][W], s[W];
  for (int j = 0; j < 3; ++j) {
    const float* const at = filters + (turned ? 8 - j : j) * W;
    const int down = turned ? -3 * W : 3 * W;
    double a[W], b[W], c[W];
    for (int k = 0; k < W; ++k) a[k] = at[k], b[k] = at[down + k], c[k] = at[2 * down + k];
    K::filter(a, b, c, half[j]);
  }
  for (int k = 0; k < W; ++k) s[k] = scale ? scale[k] : 1.0;
  for (int i = 0; i < N; ++i) {
    double row[N][W];
    K::filter(half[0][i], half[1][i], half[2][i], row);
    for (int j = 0; j < N; ++j, to += step)
      for (int k = 0; k < W; ++k) to[k] = float(row[j][k] * s[k]);
  }
}

}  // namespace DRISHTI_NS
}  // namespace drishti
