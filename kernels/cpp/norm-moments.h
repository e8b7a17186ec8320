// Batch statistics of a convolution's result, taken while it is in L1: for each chunk the mean and the squares about it, merged
// later in the order of the chunks (norm.h).
#pragma once
#include "norm.h"

namespace drishti {
namespace DRISHTI_NS {

// Where they go: [chunk][mean, squares][channel]. `sign`, or null: a 2x2 pool takes the value whose product with its channel's
// sign is the largest; batch norm grows with its input where its weight is positive and falls where that is negative.
struct MomentSlots {
  double* slots;
  const float* sign;
};

// One block of lanes in one chunk.
struct BlockMoments {
  static constexpr int WIDTH = 2 * LANES;
  float shift[WIDTH] = {}, sums[WIDTH] = {}, products[WIDTH] = {};
  double mean[WIDTH] = {}, squares[WIDTH] = {}, total = 0;
  int32_t held = 0;

  // `count` pixels, `pitch` floats apart, of V vectors each.
  template <int V> __attribute__((noinline)) void add(const float* from, ptrdiff_t pitch, int32_t count) {
    F about[V];
    NormSums<V> s;
    while (count > 0) {
      const int32_t limit = total == 0 ? 8 : NORM_BLOCK, some = lesser(count, limit - held);
      for (int v = 0; v < V; ++v) {
        about[v] = load<F>(shift + v * LANES);
        s.a[v] = load<F>(sums + v * LANES);
        s.b[v] = load<F>(products + v * LANES);
      }
      for (int32_t i = 0; i < some; ++i, from += pitch)
        for (int v = 0; v < V; ++v) {
          const F d = load<F>(from + v * LANES) - about[v];
          s.a[v] += d;
          s.b[v] = fma(d, d, s.b[v]);
        }
      for (int v = 0; v < V; ++v) {
        store(sums + v * LANES, s.a[v]);
        store(products + v * LANES, s.b[v]);
      }
      count -= some;
      held += some;
      if (held == limit) flush(V * LANES);
    }
  }
  void add(int vectors, const float* from, ptrdiff_t pitch, int32_t count) {
    if (vectors == 1) add<1>(from, pitch, count);
    else add<2>(from, pitch, count);
  }
  // `lanes` channels, to their places in a chunk's slot.
  void save(double* to, int32_t channels, int32_t lanes) {
    if (held) flush(lanes);
    for (int i = 0; i < lanes; ++i) {
      to[i] = mean[i];
      to[channels + i] = squares[i];
    }
  }

 private:
  void flush(int32_t lanes) {
    for (int i = 0; i < lanes; ++i) {
      merge_block(held, double(shift[i]), double(sums[i]), double(products[i]), total, mean[i], squares[i]);
      shift[i] = float(mean[i]);
      sums[i] = products[i] = 0;
    }
    total += held;
    held = 0;
  }
};

}  // namespace DRISHTI_NS
}  // namespace drishti
