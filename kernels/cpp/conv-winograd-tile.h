// Winograd F(2x2, 3x3): Y = Aᵀ [(G g Gᵀ) ∘ (Bᵀ d B)] A makes 2x2 outputs of 4x4 inputs with 16 products a channel where the plain
// sum has 36. Lanes are channels. Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks", 2015 (arXiv:1509.09308).
#pragma once
#include "layouts.h"

namespace drishti {
namespace DRISHTI_NS {

constexpr int TERMS = 16;  // numbers of a transformed tile, row by row

// Bᵀ d B of `count` tiles side by side, two columns apart, for `channels`; term after term `slice` apart, tiles `pitch` apart.
// rows: the four the tiles lie in; `columns` are to be had from there on. Channels that fill no vector are left undefined.
static void winograd_source(const float* const* rows, int32_t columns, ptrdiff_t pixel, int32_t count, int32_t channels, float* to, ptrdiff_t pitch, ptrdiff_t slice) {
  for (int32_t t = 0; t < count; ++t, to += pitch) {
    ptrdiff_t at[4];
    // What lies behind the last column goes into outputs that nobody asked for.
    for (int32_t j = 0; j < 4; ++j) at[j] = lesser(2 * t + j, columns - 1) * pixel;
    const auto transform = [&](int32_t c, auto&& get) DRISHTI_LAMBDA_INLINE {
      F d[4][4];
      for (int j = 0; j < 4; ++j) {  // down each column
        F x[4];
        for (int i = 0; i < 4; ++i) x[i] = get(rows[i] + at[j] + c);
        d[0][j] = x[0] - x[2];
        d[1][j] = x[1] + x[2];
        d[2][j] = x[2] - x[1];
        d[3][j] = x[1] - x[3];
      }
      for (int i = 0; i < 4; ++i) {
        float* const out = to + 4 * i * slice + c;
        store(out, d[i][0] - d[i][2]);
        store(out + slice, d[i][1] + d[i][2]);
        store(out + 2 * slice, d[i][2] - d[i][1]);
        store(out + 3 * slice, d[i][1] - d[i][3]);
      }
    };
    int32_t c = 0;
    for (; c + LANES <= channels; c += LANES) transform(c, [](const float* from) DRISHTI_LAMBDA_INLINE { return load<F>(from); });
    if (c < channels) transform(c, [&](const float* from) DRISHTI_LAMBDA_INLINE { return load_part<F>(from, channels - c); });
  }
}

// Aᵀ M A of one tile and one vector: y[0], y[1] are the upper row.
DRISHTI_INLINE void winograd_result(const float* from, ptrdiff_t slice, F (&y)[4]) {
  F s[2][4];
  for (int j = 0; j < 4; ++j) {
    const F m0 = load<F>(from + j * slice), m1 = load<F>(from + (4 + j) * slice), m2 = load<F>(from + (8 + j) * slice), m3 = load<F>(from + (12 + j) * slice);
    s[0][j] = m0 + m1 + m2;
    s[1][j] = m1 - m2 - m3;
  }
  for (int i = 0; i < 2; ++i) {
    y[2 * i] = s[i][0] + s[i][1] + s[i][2];
    y[2 * i + 1] = s[i][1] - s[i][2] - s[i][3];
  }
}

// G g Gᵀ of W filters side by side, number j of them at filters + j * W; of each the 16 numbers go `step` apart. turned: each filter
// from its end. In doubles, rounded once. A term is stored whole: terms lie in one set of L1, and would be written in parts.
template <int W>
static void winograd_weights(const float* filters, bool turned, const float* scale, float* to, ptrdiff_t step) {
  double half[12][W];
  for (int j = 0; j < 3; ++j) {
    const float* const at = filters + (turned ? 8 - j : j) * W;
    const int down = turned ? -3 * W : 3 * W;
    for (int k = 0; k < W; ++k) {
      const double a = at[k], b = at[down + k], c = at[2 * down + k];
      half[j][k] = a;
      half[3 + j][k] = (a + b + c) * 0.5;
      half[6 + j][k] = (a - b + c) * 0.5;
      half[9 + j][k] = c;
    }
  }
  double s[W];
  for (int k = 0; k < W; ++k) s[k] = scale ? scale[k] : 1.0;
  for (int i = 0; i < 4; ++i, to += 4 * step) {
    const double *const a = half[3 * i], *const b = half[3 * i + 1], *const c = half[3 * i + 2];
    for (int k = 0; k < W; ++k) to[k] = float(a[k] * s[k]);
    for (int k = 0; k < W; ++k) to[step + k] = float((a[k] + b[k] + c[k]) * 0.5 * s[k]);
    for (int k = 0; k < W; ++k) to[2 * step + k] = float((a[k] - b[k] + c[k]) * 0.5 * s[k]);
    for (int k = 0; k < W; ++k) to[3 * step + k] = float(c[k] * s[k]);
  }
}

}  // namespace DRISHTI_NS
}  // namespace drishti
