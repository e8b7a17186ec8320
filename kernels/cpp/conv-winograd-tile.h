// Winograd F(MxM, 3x3): Y = Aᵀ [(G g Gᵀ) ∘ (Bᵀ d B)] A makes MxM outputs of (M+2)x(M+2) inputs: with M = 2 by 16 products a
// channel where the plain sum has 36, with M = 4 by 36 where it has 144. Lanes are channels. Lavin & Gray, "Fast Algorithms for
// Convolutional Neural Networks", 2015 (arXiv:1509.09308). The points of M = 2 are 0, ±1, ∞; those of M = 4 are 0, ±3/4, ±3/2, ∞,
// whose matrices are exact in binary and lose half as much as those of 0, ±1, ±2, ∞ (docs/numerics.md). Here is one axis of it;
// conv-winograd-kind.h makes both of it.
#pragma once
#include "layouts.h"

namespace drishti {
namespace DRISHTI_NS {

constexpr float NEAR = 0.75f, FAR = 1.5f;  // the points of M = 4
constexpr float NEAR2 = NEAR * NEAR, FAR2 = FAR * FAR, BOTH2 = NEAR2 + FAR2, EACH2 = NEAR2 * FAR2;
constexpr float OF_NEAR = float(1 / (2 * double(NEAR2) * (NEAR2 - FAR2))), OF_FAR = float(1 / (2 * double(FAR2) * (FAR2 - NEAR2)));

// Bᵀ d of M + 2 numbers.
DRISHTI_INLINE void winograd_spread(const F (&d)[4], F (&t)[4]) {
  t[0] = d[0] - d[2];
  t[1] = d[1] + d[2];
  t[2] = d[2] - d[1];
  t[3] = d[1] - d[3];
}
DRISHTI_INLINE void winograd_spread(const F (&d)[6], F (&t)[6]) {
  const F even_near = fma(splat<F>(-FAR2), d[2], d[4]), odd_near = fma(splat<F>(-FAR2), d[1], d[3]);
  const F even_far = fma(splat<F>(-NEAR2), d[2], d[4]), odd_far = fma(splat<F>(-NEAR2), d[1], d[3]);
  t[0] = fma(splat<F>(EACH2), d[0], fma(splat<F>(-BOTH2), d[2], d[4]));
  t[1] = fma(splat<F>(NEAR), odd_near, even_near);
  t[2] = fma(splat<F>(-NEAR), odd_near, even_near);
  t[3] = fma(splat<F>(FAR), odd_far, even_far);
  t[4] = fma(splat<F>(-FAR), odd_far, even_far);
  t[5] = fma(splat<F>(EACH2), d[1], fma(splat<F>(-BOTH2), d[3], d[5]));
}

// Aᵀ m: M numbers.
DRISHTI_INLINE void winograd_gather(const F (&m)[4], F (&y)[2]) {
  y[0] = m[0] + m[1] + m[2];
  y[1] = m[1] - m[2] - m[3];
}
DRISHTI_INLINE void winograd_gather(const F (&m)[6], F (&y)[4]) {
  const F near = m[1] + m[2], far = m[3] + m[4], near_odd = m[1] - m[2], far_odd = m[3] - m[4];
  y[0] = m[0] + near + far;
  y[1] = fma(splat<F>(FAR), far_odd, splat<F>(NEAR) * near_odd);
  y[2] = fma(splat<F>(FAR2), far, splat<F>(NEAR2) * near);
  y[3] = fma(splat<F>(FAR * FAR2), far_odd, fma(splat<F>(NEAR * NEAR2), near_odd, m[5]));
}

// A g of M numbers: winograd_gather, turned about.
DRISHTI_INLINE void winograd_lift(const F (&g)[2], F (&t)[4]) {
  t[0] = g[0];
  t[1] = g[0] + g[1];
  t[2] = g[0] - g[1];
  t[3] = -g[1];
}
DRISHTI_INLINE void winograd_lift(const F (&g)[4], F (&t)[6]) {
  const F even_near = fma(splat<F>(NEAR2), g[2], g[0]), odd_near = fma(splat<F>(NEAR2), g[3], g[1]);
  const F even_far = fma(splat<F>(FAR2), g[2], g[0]), odd_far = fma(splat<F>(FAR2), g[3], g[1]);
  t[0] = g[0];
  t[1] = fma(splat<F>(NEAR), odd_near, even_near);
  t[2] = fma(splat<F>(-NEAR), odd_near, even_near);
  t[3] = fma(splat<F>(FAR), odd_far, even_far);
  t[4] = fma(splat<F>(-FAR), odd_far, even_far);
  t[5] = g[3];
}

// Gᵀ m: three numbers.
DRISHTI_INLINE void winograd_unfilter(const F (&m)[4], F (&y)[3]) {
  const F half = 0.5f * (m[1] + m[2]);
  y[0] = m[0] + half;
  y[1] = 0.5f * (m[1] - m[2]);
  y[2] = half + m[3];
}
DRISHTI_INLINE void winograd_unfilter(const F (&m)[6], F (&y)[3]) {
  const F near = splat<F>(OF_NEAR) * (m[1] + m[2]), far = splat<F>(OF_FAR) * (m[3] + m[4]);
  y[0] = fma(splat<F>(1 / EACH2), m[0], near + far);
  y[1] = fma(splat<F>(FAR * OF_FAR), m[3] - m[4], splat<F>(NEAR * OF_NEAR) * (m[1] - m[2]));
  y[2] = fma(splat<F>(FAR2), far, fma(splat<F>(NEAR2), near, m[5]));
}

// G g of three rows of W numbers, in doubles: M + 2 rows.
template <int W> DRISHTI_INLINE void winograd_filter(const double* a, const double* b, const double* c, double (&to)[4][W]) {
  for (int k = 0; k < W; ++k) {
    to[0][k] = a[k];
    to[1][k] = (a[k] + b[k] + c[k]) * 0.5;
    to[2][k] = (a[k] - b[k] + c[k]) * 0.5;
    to[3][k] = c[k];
  }
}
template <int W> DRISHTI_INLINE void winograd_filter(const double* a, const double* b, const double* c, double (&to)[6][W]) {
  constexpr double p = NEAR, q = FAR, p2 = NEAR2, q2 = FAR2, near = 1 / (2 * p2 * (p2 - q2)), far = 1 / (2 * q2 * (q2 - p2));
  for (int k = 0; k < W; ++k) {
    const double even = (a[k] + p2 * c[k]) * near, odd = p * near * b[k], far_even = (a[k] + q2 * c[k]) * far, far_odd = q * far * b[k];
    to[0][k] = a[k] * (1 / (p2 * q2));
    to[1][k] = even + odd;
    to[2][k] = even - odd;
    to[3][k] = far_even + far_odd;
    to[4][k] = far_even - far_odd;
    to[5][k] = c[k];
  }
}

}  // namespace DRISHTI_NS
}  // namespace drishti
