// Gradients of batch norm by batch statistics with residual, ReLU and max-pool (batch_norm_fused.cc).
// Reference: packages/core/src/kernels/reference/fused.ts.
#include "norm.h"

namespace drishti {
namespace DRISHTI_NS {

// Σ g and Σ g·(x - mean) of one chunk's row, added to its doubles.
template <int V> __attribute__((noinline)) static void row_sums(const NormCall& call, const float* x, ptrdiff_t pixel, const float* g, const float* mean, int32_t c, double* slots) {
  const int32_t live = call.channels - c;
  F shift[V];
  for (int v = 0; v < V; ++v) shift[v] = V == 1 ? load_some(mean + c, live) : load<F>(mean + c + v * LANES);
  for (int32_t i = 0; i < call.width; i += NORM_BLOCK) {
    NormSums<V> s = {};
    add_row<V, true>(s, x + i * pixel + c, g + i * pixel + c, pixel, lesser(NORM_BLOCK, call.width - i), shift, live);
    for (int k = 0; k < V * LANES && k < live; ++k) {
      slots[c + k] += double(s.a[k / LANES][k % LANES]);
      slots[call.channels + c + k] += double(s.b[k / LANES][k % LANES]);
    }
  }
}

using NormBackwardParams = BatchNormFusedTrainBackwardF32Params;
static Source norm_gradient(const NormBackwardParams& p, void* const* buffers) {
  Source g(in<float>(buffers, 0), Place(p.outLayout, p.channels, p.height / p.poolHeight, p.width / p.poolWidth, p.gradBorder));
  g.height = p.height;
  g.width = p.width;
  g.pool_height = p.poolHeight;
  g.pool_width = p.poolWidth;
  g.index = in<uint8_t>(buffers, 1);
  if (p.relu && g.index == nullptr) g.output = in<float>(buffers, 2);
  g.output_place = Place(p.outLayout, p.channels, p.height / p.poolHeight, p.width / p.poolWidth, p.outBorder);
  return g;
}
static ScratchNeed norm_fused_backward_scratch(const NormBackwardParams& p, int32_t) {
  const NormCall call(p.batch, p.channels, p.height, p.width);
  // A row of the gradient, and NHWC copies of an image of it (and of the output) where they are NCHW.
  const size_t row = round_up(size_t(p.width) * p.channels * 4, 128), image = size_t(p.height) * p.width * p.channels * 4;
  return {row + (p.outLayout == 1 ? 0 : 2 * image), call.slots() * 8 + size_t(p.channels) * 16};
}

// Behind 2x2 windows the gradient is found where it is used: nothing is spread. A row of windows: their winners' Σ g and
// Σ g·(x - mean), added to doubles.
struct NormWindows {
  const float* x;
  ptrdiff_t row, pixel;
  const float* g;
  ptrdiff_t g_pixel;
  const uint8_t* index;
  int32_t count, channels;
};
template <int V> __attribute__((noinline)) static void window_sums(const NormWindows& w, const float* mean, int32_t c, double* slots) {
  const int32_t live = w.channels - c;
  const auto get = [&](const float* from, int v) DRISHTI_LAMBDA_INLINE { return V == 1 ? load_some(from + c, live) : load<F>(from + c + v * LANES); };
  F shift[V];
  for (int v = 0; v < V; ++v) shift[v] = get(mean, v);
  for (int32_t first = 0; first < w.count; first += NORM_BLOCK) {
    NormSums<V> s = {};
    for (int32_t u = first; u < lesser(first + NORM_BLOCK, w.count); ++u) {
      const float* at = w.x + 2 * u * w.pixel;
      for (int v = 0; v < V; ++v) {
        const I q = V == 1 ? load_bytes(w.index + ptrdiff_t(u) * w.channels + c, live) : load_bytes(w.index + ptrdiff_t(u) * w.channels + c + v * LANES, LANES);
        const F g = select(q > 3, F{}, get(w.g + u * w.g_pixel, v));
        const F above = select((q & 1) == 1, get(at + w.pixel, v), get(at, v)), below = select((q & 1) == 1, get(at + w.row + w.pixel, v), get(at + w.row, v));
        s.a[v] += g;
        s.b[v] = fma(g, select((q & 2) == 2, below, above) - shift[v], s.b[v]);
      }
    }
    for (int k = 0; k < V * LANES && k < live; ++k) {
      slots[c + k] += double(s.a[k / LANES][k % LANES]);
      slots[w.channels + c + k] += double(s.b[k / LANES][k % LANES]);
    }
  }
}
template <bool WHOLE>
__attribute__((noinline)) static void window_gradients(const NormWindows& w, const NormCoefficients& k, const float* mean, float* to, ptrdiff_t to_row, ptrdiff_t to_pixel) {
  for (int32_t u = 0; u < w.count; ++u)
    for (int32_t c = 0; c < w.channels; c += LANES) {
      const int32_t live = w.channels - c;
      const F mu = load_lanes<WHOLE>(mean + c, live), shift = load_lanes<WHOLE>(k.shift + c, live), slope = load_lanes<WHOLE>(k.slope + c, live), scale = load_lanes<WHOLE>(k.scale + c, live);
      const F g = load_lanes<WHOLE>(w.g + u * w.g_pixel + c, live);
      const I winner = WHOLE ? load_bytes(w.index + ptrdiff_t(u) * w.channels + c, LANES) : load_bytes(w.index + ptrdiff_t(u) * w.channels + c, live);
      for (int q = 0; q < 4; ++q) {
        const F d = load_lanes<WHOLE>(w.x + q / 2 * w.row + (2 * u + q % 2) * w.pixel + c, live) - mu;
        store_lanes<WHOLE>(to + q / 2 * to_row + (2 * u + q % 2) * to_pixel + c, fma(d, slope, select(winner == q, g, F{}) - shift) * scale, live);
      }
    }
}
// The gradient of a row behind nothing but the batch norm.
template <bool WHOLE>
__attribute__((noinline)) static void row_gradients(const float* x, const float* gradient, int32_t width, int32_t channels, const NormCoefficients& k, const float* mean, float* to) {
  for (int32_t i = 0; i < width; ++i, x += channels, gradient += channels, to += channels)
    for (int32_t c = 0; c < channels; c += LANES) {
      const int32_t live = channels - c;
      const F d = load_lanes<WHOLE>(x + c, live) - load_lanes<WHOLE>(mean + c, live), u = load_lanes<WHOLE>(gradient + c, live) - load_lanes<WHOLE>(k.shift + c, live);
      store_lanes<WHOLE>(to + c, fma(d, load_lanes<WHOLE>(k.slope + c, live), u) * load_lanes<WHOLE>(k.scale + c, live), live);
    }
}

static int32_t batch_norm_fused_train_backward(const NormBackwardParams& p, void* const* buffers, Context& context) {
  const Source g = norm_gradient(p, buffers);
  const float* x = in<float>(buffers, 3);
  const float* weight = in<float>(buffers, 4);
  const float* mean = in<float>(buffers, 5);
  const float* inv_std = in<float>(buffers, 6);
  float* grad_input = out<float>(buffers, 7);
  float* grad_weight = out<float>(buffers, 8);
  float* grad_bias = out<float>(buffers, 9);
  float* grad_residual = out<float>(buffers, 10);
  const NormCall call(p.batch, p.channels, p.height, p.width);
  const Place from(1, p.channels, p.height, p.width, p.inBorder), to(1, p.channels, p.height, p.width, p.gradInBorder);
  const Place res(p.outLayout, p.channels, p.height, p.width, p.residualBorder);
  double* slots = reinterpret_cast<double*>(context.shared);
  const NormCoefficients k(reinterpret_cast<float*>(slots + call.slots()), p.channels);
  const size_t row_bytes = round_up(size_t(p.width) * p.channels * 4, 128);
  // The gradient of a row behind nothing but the batch norm: as it lies, or made in scratch.
  const auto gradient_row = [&](int32_t n, int32_t y, int32_t thread) -> const float* {
    if (g.plain() && g.place.nhwc) return g.data + g.place.at(n, y, 0);
    char* scratch = context.scratch_of<char>(thread);
    float* row = reinterpret_cast<float*>(scratch);
    g.rows(n, y, 1, 0, p.width, 0, p.channels, p.channels, row, reinterpret_cast<float*>(scratch + row_bytes));
    return row;
  };
  const bool windows = g.index != nullptr && g.place.nhwc && p.poolHeight == 2 && p.poolWidth == 2 && p.height % 2 == 0 && p.width % 2 == 0 && grad_residual == nullptr;
  const NormRows& cut = windows ? call.pairs : call.rows;
  const auto windows_of = [&](int32_t row) {
    const int32_t n = row / g.place.height, y = row % g.place.height;
    return NormWindows{x + from.at(n, 2 * y, 0), from.row, from.pixel, g.data + g.place.at(n, y, 0), g.place.pixel,
                       g.index + ptrdiff_t(row) * g.place.width * p.channels, g.place.width, p.channels};
  };
  context.each(cut.count, [&](int32_t chunk, int32_t thread) {
    double* own = slots + size_t(chunk) * 2 * p.channels;
    for (int32_t c = 0; c < 2 * p.channels; ++c) own[c] = 0;
    for (int32_t row = chunk * cut.step; row < lesser((chunk + 1) * cut.step, cut.rows); ++row) {
      if (windows) {
        const NormWindows w = windows_of(row);
        int32_t c = 0;
        for (; c + 2 * LANES <= p.channels; c += 2 * LANES) window_sums<2>(w, mean, c, own);
        for (; c < p.channels; c += LANES) window_sums<1>(w, mean, c, own);
        continue;
      }
      const int32_t n = row / p.height, y = row % p.height;
      const float* gradient = gradient_row(n, y, thread);
      const float* at = x + from.at(n, y, 0);
      int32_t c = 0;
      for (; c + 4 * LANES <= p.channels; c += 4 * LANES) row_sums<4>(call, at, from.pixel, gradient, mean, c, own);
      for (; c < p.channels; c += LANES) row_sums<1>(call, at, from.pixel, gradient, mean, c, own);
    }
  });
  const double count = double(p.batch) * p.height * p.width;
  for (int32_t c = 0; c < p.channels; ++c) {
    double sum = 0, dot = 0;
    for (int32_t chunk = 0; chunk < cut.count; ++chunk) {
      sum += slots[size_t(chunk) * 2 * p.channels + c];
      dot += slots[(size_t(chunk) * 2 + 1) * p.channels + c];
    }
    const double inv = inv_std[c];
    grad_weight[c] = float(dot * inv);
    grad_bias[c] = float(sum);
    k.scale[c] = float((weight ? weight[c] : 1) * inv);
    k.shift[c] = float(sum / count);
    k.slope[c] = float(-inv * inv * dot / count);
  }
  const bool whole = p.channels % LANES == 0;
  context.each(cut.count, [&](int32_t chunk, int32_t thread) {
    for (int32_t row = chunk * cut.step; row < lesser((chunk + 1) * cut.step, cut.rows); ++row) {
      if (windows) {
        const int32_t of = row / g.place.height, top = row % g.place.height * 2;
        (whole ? window_gradients<true> : window_gradients<false>)(windows_of(row), k, mean, grad_input + to.at(of, top, 0), to.row, to.pixel);
        zero_border(grad_input, to, of, top, top + 2);
        continue;
      }
      const int32_t n = row / p.height, y = row % p.height;
      const float* gradient = gradient_row(n, y, thread);
      const float* at = x + from.at(n, y, 0);
      float* dest = grad_input + to.at(n, y, 0);
      (whole ? row_gradients<true> : row_gradients<false>)(at, gradient, p.width, p.channels, k, mean, dest);
      zero_border(grad_input, to, n, y, y + 1);
      if (grad_residual == nullptr) continue;
      if (res.nhwc) {
        copy_row(grad_residual + res.at(n, y, 0), gradient, p.width * p.channels);
        zero_border(grad_residual, res, n, y, y + 1);
      } else {
        transpose(gradient, p.channels, p.width, p.channels, grad_residual + res.at(n, y, 0), res.channel);
      }
    }
  });
  return 0;
}
DRISHTI_KERNEL_SCRATCH(batch_norm_fused_train_backward_f32, batch_norm_fused_train_backward, norm_fused_backward_scratch)

}  // namespace DRISHTI_NS
}  // namespace drishti
