// What the kernels of batch norm by batch statistics share: how rows are cut, and statistics of blocks merged in a fixed order.
#pragma once
#include "layouts.h"
#include "sums.h"

namespace drishti {
namespace DRISHTI_NS {

constexpr int32_t NORM_CHUNKS = 32, NORM_CHUNK_FLOATS = 8192, NORM_BLOCK = 256;

// Rows of all images, in chunks.
struct NormRows {
  int32_t rows, step, count;
  NormRows(int32_t batch, int32_t height, int64_t row_floats) : rows(batch * height) {
    const int64_t floats = rows * row_floats;
    const int32_t wanted = clamp_to(int32_t(floats / NORM_CHUNK_FLOATS), 1, NORM_CHUNKS);
    step = ceil_div(rows, wanted);
    count = step == 0 ? 0 : ceil_div(rows, step);
  }
};

struct NormCall {
  int32_t batch, channels, height, width;
  NormRows rows, pairs;  // pairs: of rows, those of 2x2 windows
  NormCall(int32_t n, int32_t c, int32_t h, int32_t w)
      : batch(n), channels(c), height(h), width(w), rows(n, h, int64_t(w) * c), pairs(n, h / 2, int64_t(w) * c * 2) {}
  size_t slots() const { return size_t(rows.count > pairs.count ? rows.count : pairs.count) * 2 * channels; }  // doubles
  double count_of(int32_t chunk) const { return double(lesser(rows.step, rows.rows - chunk * rows.step)) * width; }
};

template <int V> struct NormSums {
  F a[V], b[V];
};
// Sums over `count` pixels of a row: a += x - shift, b += its square; or a += g, b += g * (x - shift).
template <int V, bool GRADIENT>
static DRISHTI_INLINE void add_row(NormSums<V>& s, const float* x, const float* g, ptrdiff_t pixel, int32_t count, const F (&shift)[V], int32_t live) {
  for (; count > 0; --count, x += pixel, g += GRADIENT ? pixel : 0)
    for (int v = 0; v < V; ++v) {
      const F d = (V == 1 ? load_some(x, live) : load<F>(x + v * LANES)) - shift[v];
      if constexpr (GRADIENT) {
        const F u = V == 1 ? load_some(g, live) : load<F>(g + v * LANES);
        s.a[v] += u;
        s.b[v] = fma(u, d, s.b[v]);
      } else {
        s.a[v] += d;
        s.b[v] = fma(d, d, s.b[v]);
      }
    }
}

// Adds a block of `n` values, summed as differences from `shift` (sum, squares), to the mean and the squares about it of `total` others.
DRISHTI_INLINE void merge_block(double n, double shift, double sum, double sum_squares, double total, double& mean, double& squares) {
  const double own = sum / n, m = shift + own, q = sum_squares - sum * own, delta = m - mean;
  mean += delta * (n / (total + n));
  squares += (q > 0 || q != q ? q : 0) + delta * delta * (total * n / (total + n));
}

struct NormCoefficients {
  float *mean, *scale, *shift, *slope;
  NormCoefficients(float* memory, int32_t channels) : mean(memory), scale(memory + channels), shift(memory + 2 * channels), slope(memory + 3 * channels) {}
};

template <bool WHOLE> DRISHTI_INLINE F load_lanes(const float* from, int32_t live) {
  if constexpr (WHOLE) return load<F>(from);
  else return load_some(from, live);
}
template <bool WHOLE> DRISHTI_INLINE void store_lanes(float* to, F v, int32_t live) {
  if constexpr (WHOLE) store(to, v);
  else store_some(to, v, live);
}

// Merges the chunks' means and squares, [chunk][mean, squares][channel], in order and into the first; then what all kernels of
// batch norm want of them. `count_of(chunk)`: values of a channel in it.
struct NormOutputs {
  const float *weight, *bias;
  float eps;
  float *mean, *inv_std, *variance;
};
template <class Count> static void finish_statistics(double* slots, int32_t chunks, int32_t channels, Count&& count_of, const NormOutputs& to, const NormCoefficients& k) {
  double total = 0, *const means = slots, *const squares = slots + channels;
  for (int32_t chunk = 0; chunk < chunks; ++chunk) {
    const double n = count_of(chunk), *own = slots + size_t(chunk) * 2 * channels;
    if (n == 0) continue;
    const double share = n / (total + n), between = total * n / (total + n);
    if (chunk > 0)
      for (int32_t c = 0; c < channels; ++c) {
        const double delta = own[c] - means[c];
        means[c] += delta * share;
        squares[c] += own[channels + c] + delta * delta * between;
      }
    total += n;
  }
  for (int32_t c = 0; c < channels; ++c) {
    const double mu = total == 0 ? double(__builtin_nanf("")) : means[c], sum = total == 0 ? 0 : squares[c];
    const double scale = 1 / __builtin_sqrt(sum / total + double(to.eps)), w = to.weight ? to.weight[c] : 1;
    to.mean[c] = k.mean[c] = float(mu);
    to.inv_std[c] = float(scale);
    to.variance[c] = float(sum / (total - 1));
    k.scale[c] = float(scale * w);
    k.shift[c] = float((to.bias ? to.bias[c] : 0) + (double(k.mean[c]) - mu) * scale * w);  // what rounding the mean left
  }
}

}  // namespace DRISHTI_NS
}  // namespace drishti
