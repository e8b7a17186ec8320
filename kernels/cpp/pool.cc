// Max and average pooling over planes, with sliding or adaptive windows, and their gradients.
// Max: strictly greater wins, so the first of equals stays; a NaN beats all before it (torch's comparison).
#include "sums.h"

namespace drishti {
namespace DRISHTI_NS {

constexpr int32_t POOL_GRAIN = 16384;  // elements of a chunk's planes

// The part of one window that lies inside the plane, along one axis.
struct Window {
  int32_t first, count;
  int32_t padded;  // taps that a divisor counts: all but those beyond the padding (ceil mode)
};
static DRISHTI_INLINE int32_t ceil_div(int32_t a, int32_t b) { return a <= 0 ? 0 : (a - 1) / b + 1; }

struct Sliding {
  int32_t in, out, kernel, stride, pad, pad_end, dilation;
  Window at(int32_t o) const {
    const int32_t start = o * stride - pad;
    if (start >= 0 && start + (kernel - 1) * dilation < in) return {start, kernel, kernel};
    const int32_t begin = ceil_div(-start, dilation);
    const int32_t end = ceil_div(in - start, dilation);
    const int32_t padded = ceil_div(in + pad_end - start, dilation);
    const int32_t last = end < kernel ? end : kernel;
    return {start + begin * dilation, last > begin ? last - begin : 0, padded < kernel ? padded : kernel};
  }
  // Outputs [begin, end) whose windows lie inside as a whole.
  int32_t inside_begin() const {
    const int32_t begin = ceil_div(pad, stride);
    return begin < out ? begin : out;
  }
  int32_t inside_end() const {
    const int32_t room = in + pad - (kernel - 1) * dilation;  // starts, counted from the padding, must be below
    const int32_t end = ceil_div(room, stride);
    const int32_t most = end < out ? end : out;
    return most > inside_begin() ? most : inside_begin();
  }
};
// From floor(i·in/out) up to, not including, ceil((i + 1)·in/out): torch's rule; windows may share a row.
struct Adaptive {
  int32_t in, out;
  static constexpr int32_t dilation = 1, stride = 0;
  Window at(int32_t o) const {
    const int32_t first = int32_t(int64_t(o) * in / out);
    const int32_t end = int32_t((int64_t(o + 1) * in + out - 1) / out);
    return {first, end - first, end - first};
  }
  int32_t inside_begin() const { return out; }  // no two windows need be alike: none is taken in vectors
  int32_t inside_end() const { return out; }
};

template <class P> static Sliding rows_of(const P& p, int32_t pad_end) {
  return {p.inHeight, p.outHeight, p.kernelHeight, p.strideHeight, p.padTop, pad_end, p.dilationHeight};
}
template <class P> static Sliding columns_of(const P& p, int32_t pad_end) {
  return {p.inWidth, p.outWidth, p.kernelWidth, p.strideWidth, p.padLeft, pad_end, p.dilationWidth};
}

// Runs body(plane) for every plane, planes grouped into chunks by their size.
template <class Body> static void each_plane(int32_t planes, int64_t size, Context& context, Body&& body) {
  const int32_t group = int32_t(size >= POOL_GRAIN ? 1 : POOL_GRAIN / (size + 1));
  context.each((planes + group - 1) / group, [&](int32_t chunk, int32_t) {
    const int32_t end = planes - chunk * group < group ? planes : (chunk + 1) * group;
    for (int32_t plane = chunk * group; plane < end; ++plane) body(plane);
  });
}

// p[0], p[step], p[2·step] …; nothing behind the last is read. STEP is the step where it is 1 or 2, else 0.
template <class V, int STEP> DRISHTI_INLINE V load_every(const float* p, int32_t step) {
  constexpr int W = lanes_of<V>;
  if constexpr (STEP == 1) return load<V>(p);
  else if constexpr (STEP == 2) {
    const V a = load<V>(p), b = load<V>(p + W - 1);
    if constexpr (W == 4) return __builtin_shufflevector(a, b, 0, 2, 5, 7);
    else if constexpr (W == 8) return __builtin_shufflevector(a, b, 0, 2, 4, 6, 9, 11, 13, 15);
    else return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 17, 19, 21, 23, 25, 27, 29, 31);
  } else {
    V v;
    for (int i = 0; i < W; ++i) v[i] = p[ptrdiff_t(i) * step];
    return v;
  }
}

// Covers outputs [begin, end) of a row: vectors, the last one overlapping those before it; short rows by 4 or one by one.
template <class Vector, class Narrow, class Scalar>
DRISHTI_INLINE void cover(int32_t begin, int32_t end, Vector&& vector, Narrow&& narrow, Scalar&& scalar) {
  const int32_t n = end - begin;
  if (n >= LANES) {
    for (int32_t o = begin; o < end; o += LANES) vector(o + LANES <= end ? o : end - LANES);
  } else if (n >= 4) {
    for (int32_t o = begin; o < end; o += 4) narrow(o + 4 <= end ? o : end - 4);
  } else {
    for (int32_t o = begin; o < end; ++o) scalar(o);
  }
}

// Lanes of neighbouring outputs. SIDE is the kernel's size where both sides are equal and unrolling pays, else 0.
template <class V, int STEP, int SIDE>
DRISHTI_INLINE void max_block(const float* x, int32_t width, const Window& rows, int32_t dilation_y, int32_t left,
                              const Sliding& columns, float* y, int32_t* index) {
  using B = VecI<lanes_of<V>>;
  const int32_t down = SIDE ? SIDE : rows.count, across = SIDE ? SIDE : columns.kernel;
  const int32_t first = rows.first * width + left;
  V best = load_every<V, STEP>(x + first, columns.stride);
  B place{};  // counted from `first`, without the lane's own part
#pragma GCC unroll 3
  for (int32_t i = 0; i < down; ++i) {
#pragma GCC unroll 3
    for (int32_t j = 0; j < across; ++j) {
      if (i + j == 0) continue;
      const int32_t at = i * dilation_y * width + j * columns.dilation;
      const V v = load_every<V, STEP>(x + first + at, columns.stride);
      const B better = (v > best) | (v != v);
      best = better ? v : best;
      place = better ? B{} + at : place;
    }
  }
  store(y, best);
  store(index, place + iota<B>() * columns.stride + first);
}
static void max_one(const float* x, int32_t width, const Window& rows, int32_t dilation_y, const Window& columns,
                    int32_t dilation_x, float* y, int32_t* index) {
  float best = -__builtin_inff();  // a window wholly outside keeps this, and no index
  int32_t place = -1;
  for (int32_t i = 0; i < rows.count; ++i)
    for (int32_t j = 0; j < columns.count; ++j) {
      const int32_t at = (rows.first + i * dilation_y) * width + columns.first + j * dilation_x;
      const float v = x[at];
      if (place < 0 || v > best || v != v) best = v, place = at;
    }
  *y = best;
  *index = place;
}

// Outputs [begin, end) of a row, whose windows lie inside the plane across.
using MaxRow = void (*)(const float* x, int32_t begin, int32_t end, const Window& rows, int32_t dilation_y,
                        const Sliding& across, float* y, int32_t* index);
template <int STEP, int SIDE>
static void max_row(const float* x, int32_t begin, int32_t end, const Window& rows, int32_t dilation_y, const Sliding& across,
                    float* y, int32_t* index) {
  auto block = [&]<class V>(V, int32_t ox) DRISHTI_LAMBDA_INLINE {
    const int32_t left = ox * across.stride - across.pad;
    max_block<V, STEP, SIDE>(x, across.in, rows, dilation_y, left, across, y + ox, index + ox);
  };
  cover(
      begin, end, [&](int32_t ox) DRISHTI_LAMBDA_INLINE { block(F{}, ox); },
      [&](int32_t ox) DRISHTI_LAMBDA_INLINE { block(Vec<4>{}, ox); },
      [&](int32_t ox) { max_one(x, across.in, rows, dilation_y, across.at(ox), across.dilation, y + ox, index + ox); });
}
static MaxRow max_row_for(const Sliding& down, const Sliding& across, const Window& rows) {
  const bool square = down.kernel == across.kernel && rows.count == down.kernel;
  if (across.stride == 2) {
    if (square && across.kernel == 2) return max_row<2, 2>;
    if (square && across.kernel == 3) return max_row<2, 3>;
    return max_row<2, 0>;
  }
  return across.stride == 1 ? max_row<1, 0> : max_row<0, 0>;
}

template <class Axis> static void max_plane(const Axis& down, const Axis& across, const float* x, float* y, int32_t* index) {
  const int32_t inside = across.inside_begin(), inside_end = across.inside_end();
  for (int32_t oy = 0; oy < down.out; ++oy, y += across.out, index += across.out) {
    const Window rows = down.at(oy);
    int32_t begin = across.out, end = across.out;
    if constexpr (__is_same(Axis, Sliding)) {
      if (rows.count > 0 && inside < inside_end) {
        begin = inside;
        end = inside_end;
        max_row_for(down, across, rows)(x, begin, end, rows, down.dilation, across, y, index);
      }
    }
    auto one = [&](int32_t ox) { max_one(x, across.in, rows, down.dilation, across.at(ox), across.dilation, y + ox, index + ox); };
    for (int32_t ox = 0; ox < begin; ++ox) one(ox);
    for (int32_t ox = end; ox < across.out; ++ox) one(ox);
  }
}

template <class Axis>
static void max_pool(int32_t planes, const Axis& down, const Axis& across, void* const* buffers, Context& context) {
  const float* x = in<float>(buffers, 0);
  float* y = out<float>(buffers, 1);
  int32_t* index = out<int32_t>(buffers, 2);
  const size_t in_size = size_t(down.in) * across.in, out_size = size_t(down.out) * across.out;
  each_plane(planes, in_size, context, [&](int32_t plane) {
    max_plane(down, across, x + plane * in_size, y + plane * out_size, index + plane * out_size);
  });
}
static int32_t max_pool2d(const MaxPool2dF32Params& p, void* const* buffers, Context& context) {
  max_pool(p.planes, rows_of(p, 0), columns_of(p, 0), buffers, context);
  return 0;
}
static int32_t adaptive_max_pool2d(const AdaptiveMaxPool2dF32Params& p, void* const* buffers, Context& context) {
  max_pool(p.planes, Adaptive{p.inHeight, p.outHeight}, Adaptive{p.inWidth, p.outWidth}, buffers, context);
  return 0;
}
DRISHTI_KERNEL_EXACT(max_pool2d_f32, max_pool2d)
DRISHTI_KERNEL_EXACT(adaptive_max_pool2d_f32, adaptive_max_pool2d)

static int32_t max_pool2d_backward(const MaxPool2dBackwardF32Params& p, void* const* buffers, Context& context) {
  const float* g = in<float>(buffers, 0);
  const int32_t* index = in<int32_t>(buffers, 1);
  float* dx = out<float>(buffers, 2);
  each_plane(p.planes, int64_t(p.inSize) + p.outSize, context, [&](int32_t plane) {
    float* to = dx + size_t(plane) * p.inSize;
    const float* from = g + size_t(plane) * p.outSize;
    const int32_t* at = index + size_t(plane) * p.outSize;
    __builtin_memset(to, 0, size_t(p.inSize) * sizeof(float));
    for (int32_t o = 0; o < p.outSize; ++o)
      if (at[o] >= 0) to[at[o]] += from[o];
  });
  return 0;
}
DRISHTI_KERNEL(max_pool2d_backward_f32, max_pool2d_backward)

struct Divisor {
  bool count_pad;
  int32_t fixed;  // 0: none
  float of(const Window& rows, const Window& columns) const {
    if (fixed != 0) return float(fixed);
    return count_pad ? float(rows.padded * columns.padded) : float(rows.count * columns.count);
  }
};

static float average_one(const float* x, int32_t width, const Window& rows, int32_t dilation_y, const Window& columns,
                         int32_t dilation_x, float divisor) {
  if (rows.count == 0 || columns.count == 0) return 0;
  const float* from = x + ptrdiff_t(rows.first) * width + columns.first;
  double sum = 0;
  if (dilation_y == 1 && columns.count == width) {
    sum = sum_row(from, rows.count * width);  // whole rows are one: global pooling
  } else {
    for (int32_t i = 0; i < rows.count; ++i) {
      const float* row = from + ptrdiff_t(i) * dilation_y * width;
      if (dilation_x == 1 && columns.count >= LANES) sum += sum_row(row, columns.count);
      else
        for (int32_t j = 0; j < columns.count; ++j) sum += row[j * dilation_x];
    }
  }
  return float(sum / divisor);
}

template <class V, int STEP>
DRISHTI_INLINE void average_block(const float* x, int32_t width, const Window& rows, int32_t dilation_y, int32_t left,
                                  const Sliding& columns, float divisor, float* y) {
  VecD<lanes_of<V> / 2> low{}, high{};
  for (int32_t i = 0; i < rows.count; ++i)
    for (int32_t j = 0; j < columns.kernel; ++j) {
      const float* at = x + (ptrdiff_t(rows.first) + i * dilation_y) * width + left + j * columns.dilation;
      const V v = load_every<V, STEP>(at, columns.stride);
      low += widen_low(v);
      high += widen_high(v);
    }
  store(y, join<V>(__builtin_convertvector(low, HalfOf<V>), __builtin_convertvector(high, HalfOf<V>)) / divisor);
}
template <int STEP>
static void average_row(const float* x, int32_t begin, int32_t end, const Window& rows, int32_t dilation_y,
                        const Sliding& across, float divisor, float* y) {
  auto block = [&]<class V>(V, int32_t ox) DRISHTI_LAMBDA_INLINE {
    average_block<V, STEP>(x, across.in, rows, dilation_y, ox * across.stride - across.pad, across, divisor, y + ox);
  };
  cover(
      begin, end, [&](int32_t ox) DRISHTI_LAMBDA_INLINE { block(F{}, ox); },
      [&](int32_t ox) DRISHTI_LAMBDA_INLINE { block(Vec<4>{}, ox); },
      [&](int32_t ox) { y[ox] = average_one(x, across.in, rows, dilation_y, across.at(ox), across.dilation, divisor); });
}

template <class Axis>
static void average(int32_t planes, const Axis& down, const Axis& across, const Divisor& divisor, void* const* buffers,
                    Context& context) {
  const float* input = in<float>(buffers, 0);
  float* output = out<float>(buffers, 1);
  const size_t in_size = size_t(down.in) * across.in, out_size = size_t(down.out) * across.out;
  each_plane(planes, in_size, context, [&](int32_t plane) {
    const float* x = input + plane * in_size;
    float* y = output + plane * out_size;
    const int32_t inside = across.inside_begin(), inside_end = across.inside_end();
    for (int32_t oy = 0; oy < down.out; ++oy, y += across.out) {
      const Window rows = down.at(oy);
      auto one = [&](int32_t ox) {
        const Window columns = across.at(ox);
        y[ox] = average_one(x, across.in, rows, down.dilation, columns, across.dilation, divisor.of(rows, columns));
      };
      int32_t begin = across.out, end = across.out;
      if constexpr (__is_same(Axis, Sliding)) {
        if (inside < inside_end) {
          begin = inside;
          end = inside_end;
          const float d = divisor.of(rows, {0, across.kernel, across.kernel});
          const auto row = across.stride == 1 ? average_row<1> : across.stride == 2 ? average_row<2> : average_row<0>;
          row(x, begin, end, rows, down.dilation, across, d, y);
        }
      }
      for (int32_t ox = 0; ox < begin; ++ox) one(ox);
      for (int32_t ox = end; ox < across.out; ++ox) one(ox);
    }
  });
}

template <class Axis>
static void average_backward(int32_t planes, const Axis& down, const Axis& across, const Divisor& divisor,
                             void* const* buffers, Context& context) {
  const float* grad = in<float>(buffers, 0);
  float* dx = out<float>(buffers, 1);
  const size_t in_size = size_t(down.in) * across.in, out_size = size_t(down.out) * across.out;
  each_plane(planes, in_size, context, [&](int32_t plane) {
    float* to = dx + plane * in_size;
    const float* g = grad + plane * out_size;
    __builtin_memset(to, 0, in_size * sizeof(float));
    for (int32_t oy = 0; oy < down.out; ++oy) {
      const Window rows = down.at(oy);
      for (int32_t ox = 0; ox < across.out; ++ox) {
        const Window columns = across.at(ox);
        const float share = *g++ / divisor.of(rows, columns);
        for (int32_t i = 0; i < rows.count; ++i) {
          float* row = to + size_t(rows.first + i * down.dilation) * across.in + columns.first;
          for (int32_t j = 0; j < columns.count; ++j) row[j * across.dilation] += share;
        }
      }
    }
  });
}

static int32_t avg_pool2d(const AvgPool2dF32Params& p, void* const* buffers, Context& context) {
  const Divisor divisor{p.countIncludePad != 0, p.divisorOverride};
  average(p.planes, rows_of(p, p.padBottom), columns_of(p, p.padRight), divisor, buffers, context);
  return 0;
}
static int32_t avg_pool2d_backward(const AvgPool2dBackwardF32Params& p, void* const* buffers, Context& context) {
  const Divisor divisor{p.countIncludePad != 0, p.divisorOverride};
  average_backward(p.planes, rows_of(p, p.padBottom), columns_of(p, p.padRight), divisor, buffers, context);
  return 0;
}
static int32_t adaptive_avg_pool2d(const AdaptiveAvgPool2dF32Params& p, void* const* buffers, Context& context) {
  average(p.planes, Adaptive{p.inHeight, p.outHeight}, Adaptive{p.inWidth, p.outWidth}, Divisor{}, buffers, context);
  return 0;
}
static int32_t adaptive_avg_pool2d_backward(const AdaptiveAvgPool2dF32Params& p, void* const* buffers, Context& context) {
  average_backward(p.planes, Adaptive{p.inHeight, p.outHeight}, Adaptive{p.inWidth, p.outWidth}, Divisor{}, buffers, context);
  return 0;
}
DRISHTI_KERNEL(avg_pool2d_f32, avg_pool2d)
DRISHTI_KERNEL(avg_pool2d_backward_f32, avg_pool2d_backward)
DRISHTI_KERNEL(adaptive_avg_pool2d_f32, adaptive_avg_pool2d)
DRISHTI_KERNEL(adaptive_avg_pool2d_backward_f32, adaptive_avg_pool2d_backward)

}  // namespace DRISHTI_NS
}  // namespace drishti
