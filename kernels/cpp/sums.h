// Sums in doubles: of rows, of products, of squares about a mean. Four accumulators of half a vector each, joined in a
// fixed order; the same bits whatever the number of threads.
#pragma once
#include "kernel.h"

namespace drishti {
namespace DRISHTI_NS {

// Σ f(i) for i in [0, n), f giving a vector of W values from element i on, or the first `count` of them with 0 behind.
// `whole(i)` and `part(i, count)` are called in order.
template <class Whole, class Part> DRISHTI_INLINE double sum_of(int32_t n, Whole&& whole, Part&& part) {
  D a{}, b{}, c{}, d{};
  int32_t i = 0;
  for (; i + 2 * LANES <= n; i += 2 * LANES) {
    const F x = whole(i), y = whole(i + LANES);
    a += widen_low(x);
    b += widen_high(x);
    c += widen_low(y);
    d += widen_high(y);
  }
  for (; i < n; i += LANES) {
    const F x = n - i >= LANES ? whole(i) : part(i, n - i);
    a += widen_low(x);
    b += widen_high(x);
  }
  return sum((a + b) + (c + d));
}

static inline double sum_row(const float* x, int32_t n) {
  return sum_of(n, [=](int32_t i) { return load<F>(x + i); }, [=](int32_t i, int32_t k) { return load_part<F>(x + i, k); });
}

// Σ x·y, the products in doubles too.
static inline double dot_row(const float* x, const float* y, int32_t n) {
  D a{}, b{};
  int32_t i = 0;
  for (; i < n; i += LANES) {
    const bool whole = n - i >= LANES;
    const F u = whole ? load<F>(x + i) : load_part<F>(x + i, n - i);
    const F v = whole ? load<F>(y + i) : load_part<F>(y + i, n - i);
    a += widen_low(u) * widen_low(v);
    b += widen_high(u) * widen_high(v);
  }
  return sum(a + b);
}

// Σ (x − mean)².
static inline double square_row(const float* x, double mean, int32_t n) {
  D a{}, b{};
  int32_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    const F u = load<F>(x + i);
    const D low = widen_low(u) - mean, high = widen_high(u) - mean;
    a += low * low;
    b += high * high;
  }
  double rest = 0;
  for (; i < n; ++i) rest += (x[i] - mean) * (x[i] - mean);
  return sum(a + b) + rest;
}

// Σ g·(x − mean).
static inline double centred_dot_row(const float* g, const float* x, double mean, int32_t n) {
  D a{}, b{};
  int32_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    const F u = load<F>(x + i), v = load<F>(g + i);
    a += widen_low(v) * (widen_low(u) - mean);
    b += widen_high(v) * (widen_high(u) - mean);
  }
  double rest = 0;
  for (; i < n; ++i) rest += g[i] * (x[i] - mean);
  return sum(a + b) + rest;
}

}  // namespace DRISHTI_NS
}  // namespace drishti
