// Padding of planes by reflection, repetition of the edge, wrapping around, or a constant; and its gradient.
#include "kernel.h"

namespace drishti {
namespace DRISHTI_NS {

constexpr int32_t PAD_GRAIN = 16384;

// Where position `at`, counted from the first real element, takes its value; −1: the constant.
static int32_t pad_source(int32_t mode, int32_t at, int32_t size) {
  if (at >= 0 && at < size) return at;
  if (mode == 0) return at < 0 ? -at : 2 * (size - 1) - at;  // the edge itself is not repeated
  if (mode == 1) return at < 0 ? 0 : size - 1;
  if (mode == 2) return (at % size + size) % size;
  return -1;
}

// Runs body(plane) for every plane, and hands it the columns that lie straight above their source.
template <class P, class Body> static void each_padded(const P& p, Context& context, Body&& body) {
  const int64_t size = int64_t(p.outHeight) * p.outWidth;
  const int32_t group = int32_t(size >= PAD_GRAIN ? 1 : PAD_GRAIN / (size + 1));
  const int32_t begin = p.padLeft < 0 ? 0 : p.padLeft < p.outWidth ? p.padLeft : p.outWidth;
  const int32_t last = p.padLeft + p.inWidth < p.outWidth ? p.padLeft + p.inWidth : p.outWidth;
  const int32_t end = last > begin ? last : begin;
  context.each((p.planes + group - 1) / group, [&](int32_t chunk, int32_t) {
    const int32_t stop = p.planes - chunk * group < group ? p.planes : (chunk + 1) * group;
    for (int32_t plane = chunk * group; plane < stop; ++plane) body(plane, begin, end);
  });
}

static int32_t pad2d(const Pad2dF32Params& p, void* const* buffers, Context& context) {
  const float* input = in<float>(buffers, 0);
  float* output = out<float>(buffers, 1);
  each_padded(p, context, [&](int32_t plane, int32_t begin, int32_t end) {
    const float* x = input + size_t(plane) * p.inHeight * p.inWidth;
    float* y = output + size_t(plane) * p.outHeight * p.outWidth;
    for (int32_t oy = 0; oy < p.outHeight; ++oy, y += p.outWidth) {
      const int32_t iy = pad_source(p.mode, oy - p.padTop, p.inHeight);
      if (iy < 0) {
        for (int32_t ox = 0; ox < p.outWidth; ++ox) y[ox] = p.value;
        continue;
      }
      const float* row = x + size_t(iy) * p.inWidth;
      auto edge = [&](int32_t from, int32_t to) {
        for (int32_t ox = from; ox < to; ++ox) {
          const int32_t ix = pad_source(p.mode, ox - p.padLeft, p.inWidth);
          y[ox] = ix < 0 ? p.value : row[ix];
        }
      };
      edge(0, begin);
      __builtin_memcpy(y + begin, row + (begin - p.padLeft), size_t(end - begin) * sizeof(float));
      edge(end, p.outWidth);
    }
  });
  return 0;
}
DRISHTI_KERNEL_EXACT(pad2d_f32, pad2d)

static int32_t pad2d_backward(const Pad2dBackwardF32Params& p, void* const* buffers, Context& context) {
  const float* grad = in<float>(buffers, 0);
  float* dx = out<float>(buffers, 1);
  each_padded(p, context, [&](int32_t plane, int32_t begin, int32_t end) {
    const size_t size = size_t(p.inHeight) * p.inWidth;
    const float* g = grad + size_t(plane) * p.outHeight * p.outWidth;
    float* to = dx + plane * size;
    __builtin_memset(to, 0, size * sizeof(float));
    for (int32_t oy = 0; oy < p.outHeight; ++oy, g += p.outWidth) {
      const int32_t iy = pad_source(p.mode, oy - p.padTop, p.inHeight);
      if (iy < 0) continue;
      float* row = to + size_t(iy) * p.inWidth;
      auto edge = [&](int32_t from, int32_t until) {
        for (int32_t ox = from; ox < until; ++ox) {
          const int32_t ix = pad_source(p.mode, ox - p.padLeft, p.inWidth);
          if (ix >= 0) row[ix] += g[ox];
        }
      };
      edge(0, begin);
      for (int32_t ox = begin; ox < end; ++ox) row[ox - p.padLeft] += g[ox];
      edge(end, p.outWidth);
    }
  });
  return 0;
}
DRISHTI_KERNEL(pad2d_backward_f32, pad2d_backward)

}  // namespace DRISHTI_NS
}  // namespace drishti
