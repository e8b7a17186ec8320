// Batch norm of NHWC images by batch statistics, with residual, ReLU and max-pool, and its gradients: lanes are channels.
//
// Statistics: chunks of rows, cut by shape alone, have a mean and a sum of squares about it for each channel; they are merged in
// order, in doubles. In a chunk a block of pixels is summed in floats as differences from the mean so far, so that a mean far
// from 0 costs no digits.
// Reference: packages/core/src/kernels/reference/fused.ts.
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

// Channels [c, c + V vectors) of one chunk: mean and squares.
template <int V> __attribute__((noinline)) static void chunk_moments(const NormCall& call, const Place& place, const float* x, int32_t chunk, int32_t c, double* slots) {
  const int32_t live = call.channels - c;
  double mean[V * LANES] = {}, squares[V * LANES] = {}, total = 0;
  F shift[V];
  for (int v = 0; v < V; ++v) shift[v] = F{};
  const int32_t first = chunk * call.rows.step, end = lesser(first + call.rows.step, call.rows.rows);
  NormSums<V> s = {};
  int32_t held = 0;
  const auto flush = [&] {
    for (int v = 0; v < V; ++v)
      for (int l = 0; l < LANES; ++l) {
        const int i = v * LANES + l;
        const double n = held, sum = s.a[v][l], own = sum / n, m = double(shift[v][l]) + own, q = double(s.b[v][l]) - sum * own;
        const double delta = m - mean[i];
        mean[i] += delta * (n / (total + n));
        squares[i] += (q > 0 || q != q ? q : 0) + delta * delta * (total * n / (total + n));
        shift[v][l] = float(mean[i]);
      }
    total += held;
    held = 0;
    s = {};
  };
  for (int32_t row = first; row < end; ++row) {
    const float* from = x + place.at(row / call.height, row % call.height, 0) + c;
    for (int32_t i = 0; i < call.width;) {
      // The first block is short: it only finds where the values lie.
      const int32_t some = lesser(call.width - i, (total == 0 ? 8 : NORM_BLOCK) - held);
      add_row<V, false>(s, from + i * place.pixel, nullptr, place.pixel, some, shift, live);
      i += some;
      held += some;
      if (held == (total == 0 ? 8 : NORM_BLOCK)) flush();
    }
  }
  if (held) flush();
  for (int i = 0; i < V * LANES && i < live; ++i) {
    slots[c + i] = mean[i];
    slots[call.channels + c + i] = squares[i];
  }
}

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

struct NormCoefficients {
  float *mean, *scale, *shift, *slope;
  NormCoefficients(float* memory, int32_t channels) : mean(memory), scale(memory + channels), shift(memory + 2 * channels), slope(memory + 3 * channels) {}
};

using NormTrainParams = BatchNormFusedTrainF32Params;
static ScratchNeed norm_fused_scratch(const NormTrainParams& p, int32_t) {
  const NormCall call(p.batch, p.channels, p.height, p.width);
  return {size_t(p.width) * p.channels * 4, call.slots() * 8 + size_t(p.channels) * 16};
}

template <bool WHOLE> DRISHTI_INLINE F load_lanes(const float* from, int32_t live) {
  if constexpr (WHOLE) return load<F>(from);
  else return load_some(from, live);
}
template <bool WHOLE> DRISHTI_INLINE void store_lanes(float* to, F v, int32_t live) {
  if constexpr (WHOLE) store(to, v);
  else store_some(to, v, live);
}

// Normalises, adds, rectifies and pools the windows of one row. WHOLE: the channels fill vectors.
template <int WINDOW, bool WHOLE>
static void norm_row(const NormTrainParams& params, const NormCoefficients& k, const float* x, const Place& from, const float* residual, const Place& res, float* to, ptrdiff_t pitch, uint8_t* index) {
  const NormTrainParams p = params;  // bytes are written, and may be anything to the compiler
  constexpr int MOST = WINDOW ? WINDOW : 1;
  const int32_t window = WINDOW ? WINDOW : p.poolHeight * p.poolWidth;
  ptrdiff_t places[MOST], added[MOST];
  for (int q = 0; q < MOST; ++q) {
    places[q] = q / p.poolWidth * from.row + q % p.poolWidth * from.pixel;
    added[q] = q / p.poolWidth * res.row + q % p.poolWidth * res.pixel;
  }
  for (int32_t u = 0; u < p.width / p.poolWidth; ++u, to += pitch) {
    const float* const at = x + u * p.poolWidth * from.pixel;
    const float* const beside = residual ? residual + u * p.poolWidth * res.pixel : nullptr;
    for (int32_t c = 0; c < p.channels; c += LANES) {
      const int32_t live = p.channels - c;
      const F mean = load_lanes<WHOLE>(k.mean + c, live), scale = load_lanes<WHOLE>(k.scale + c, live), shift = load_lanes<WHOLE>(k.shift + c, live);
      const auto value = [&](int32_t q) DRISHTI_LAMBDA_INLINE {
        const ptrdiff_t place = WINDOW ? places[q % MOST] : q / p.poolWidth * from.row + q % p.poolWidth * from.pixel;
        F v = fma(load_lanes<WHOLE>(at + place + c, live) - mean, scale, shift);
        if (beside) {
          const float* add = beside + (WINDOW ? added[q % MOST] : q / p.poolWidth * res.row + q % p.poolWidth * res.pixel) + c * res.channel;
          if (res.nhwc) v += load_lanes<WHOLE>(add, live);
          else
            for (int32_t l = 0; l < LANES && l < live; ++l) v[l] += add[l * res.channel];
        }
        return v;
      };
      F best = value(0);
      I winner{};
#pragma GCC unroll 3
      for (int32_t q = 1; q < window; ++q) {
        const F v = value(q);
        const I better = (v > best) | (v != v);
        best = select(better, v, best);
        winner = select(better, I{} + q, winner);
      }
      if (p.relu) {
        const I dead = best <= 0.0f;
        best = select(dead, F{}, best);
        winner = select(dead, I{} + window, winner);
      }
      store_lanes<WHOLE>(to + c, best, live);
      if (index) store_bytes(index + ptrdiff_t(u) * p.channels + c, winner, live);
    }
  }
}

static int32_t batch_norm_fused_train(const NormTrainParams& p, void* const* buffers, Context& context) {
  const float* x = in<float>(buffers, 0);
  const float* weight = in<float>(buffers, 1);
  const float* bias = in<float>(buffers, 2);
  const float* residual = in<float>(buffers, 3);
  float* output = out<float>(buffers, 4);
  float* mean = out<float>(buffers, 5);
  float* inv_std = out<float>(buffers, 6);
  float* variance = out<float>(buffers, 7);
  uint8_t* index = out<uint8_t>(buffers, 8);
  const NormCall call(p.batch, p.channels, p.height, p.width);
  const Place from(1, p.channels, p.height, p.width, p.inBorder);
  double* slots = reinterpret_cast<double*>(context.shared);
  const NormCoefficients k(reinterpret_cast<float*>(slots + call.slots()), p.channels);
  context.each(call.rows.count, [&](int32_t chunk, int32_t) {
    double* own = slots + size_t(chunk) * 2 * p.channels;
    int32_t c = 0;
    for (; c + 4 * LANES <= p.channels; c += 4 * LANES) chunk_moments<4>(call, from, x, chunk, c, own);
    for (; c < p.channels; c += LANES) chunk_moments<1>(call, from, x, chunk, c, own);
  });
  for (int32_t c = 0; c < p.channels; ++c) {
    double count = 0, mu = 0, squares = 0;
    for (int32_t chunk = 0; chunk < call.rows.count; ++chunk) {
      const double n = call.count_of(chunk), delta = slots[size_t(chunk) * 2 * p.channels + c] - mu;
      if (n == 0) continue;
      mu += delta * (n / (count + n));
      squares += slots[(size_t(chunk) * 2 + 1) * p.channels + c] + delta * delta * (count * n / (count + n));
      count += n;
    }
    if (count == 0) mu = double(__builtin_nanf(""));
    const double scale = 1 / __builtin_sqrt(squares / count + double(p.eps)), w = weight ? weight[c] : 1;
    mean[c] = k.mean[c] = float(mu);
    inv_std[c] = float(scale);
    variance[c] = float(squares / (count - 1));
    k.scale[c] = float(scale * w);
    k.shift[c] = float((bias ? bias[c] : 0) + (double(k.mean[c]) - mu) * scale * w);  // what rounding the mean left
  }

  const Place to(p.outLayout, p.channels, p.height / p.poolHeight, p.width / p.poolWidth, p.outBorder);
  const Place res(p.outLayout, p.channels, p.height, p.width, p.residualBorder);
  const NormRows rows(p.batch, to.height, int64_t(p.width) * p.channels * p.poolHeight);
  if (to.height == 0 && p.batch > 0) __builtin_memset(output, 0, size_t(p.batch) * to.image * 4);
  context.each(rows.count, [&](int32_t chunk, int32_t thread) {
    float* tile = context.scratch_of<float>(thread);
    for (int32_t row = chunk * rows.step; row < lesser((chunk + 1) * rows.step, rows.rows); ++row) {
      const int32_t n = row / to.height, y = row % to.height;
      const float* at = x + from.at(n, y * p.poolHeight, 0);
      const float* add = residual ? residual + res.at(n, y * p.poolHeight, 0) : nullptr;
      uint8_t* bytes = index ? index + ptrdiff_t(row) * to.width * p.channels : nullptr;
      float* dest = to.nhwc ? output + to.at(n, y, 0) : tile;
      const int32_t window = p.poolHeight * p.poolWidth;
      const bool whole = p.channels % LANES == 0;
      if (window == 1) (whole ? norm_row<1, true> : norm_row<1, false>)(p, k, at, from, add, res, dest, p.channels, bytes);
      else if (window == 4) (whole ? norm_row<4, true> : norm_row<4, false>)(p, k, at, from, add, res, dest, p.channels, bytes);
      else norm_row<0, false>(p, k, at, from, add, res, dest, p.channels, bytes);
      if (to.nhwc) zero_border(output, to, n, y, y + 1);
      else transpose(tile, p.channels, to.width, p.channels, output + to.at(n, y, 0), to.channel);
    }
  });
  return 0;
}
DRISHTI_KERNEL_SCRATCH(batch_norm_fused_train_f32, batch_norm_fused_train, norm_fused_scratch)

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
