// Max and average pools of NHWC images and their gradients, lanes are channels; and conversion from one layout to another.
// Reference: packages/core/src/kernels/reference/nhwc.ts.
#include "layouts.h"

namespace drishti {
namespace DRISHTI_NS {

// The taps of a window that lie inside, along one axis, and those that a divisor counts.
struct Taps {
  int32_t start, begin, end, padded;
  Taps(int32_t o, int32_t stride, int32_t pad, int32_t kernel, int32_t size, int32_t pad_end) : start(o * stride - pad) {
    begin = start < 0 ? -start : 0;
    end = size - start < kernel ? size - start : kernel;
    padded = size + pad_end - start < kernel ? size + pad_end - start : kernel;
  }
};
template <class P> static Taps rows_at(const P& p, int32_t y, int32_t pad_end) { return {y, p.strideHeight, p.padTop, p.kernelHeight, p.inHeight, pad_end}; }
template <class P> static Taps columns_at(const P& p, int32_t x, int32_t pad_end) { return {x, p.strideWidth, p.padLeft, p.kernelWidth, p.inWidth, pad_end}; }
template <class P> static Place pool_in(const P& p) { return Place(1, p.channels, p.inHeight, p.inWidth, p.inBorder); }
template <class P> static Place pool_out(const P& p) { return Place(1, p.channels, p.outHeight, p.outWidth, p.outBorder); }

static int32_t max_pool2d_nhwc(const MaxPool2dNhwcF32Params& p, void* const* buffers, Context& context) {
  const float* x = in<float>(buffers, 0);
  float* y = out<float>(buffers, 1);
  uint8_t* index = out<uint8_t>(buffers, 2);
  const Place from = pool_in(p), to = pool_out(p);
  context.each(p.batch * p.outHeight, [&](int32_t row, int32_t) {
    const int32_t n = row / p.outHeight, oy = row % p.outHeight;
    const Taps rows = rows_at(p, oy, 0);
    for (int32_t ox = 0; ox < p.outWidth; ++ox) {
      const Taps columns = columns_at(p, ox, 0);
      const float* at = x + from.at(n, rows.start, columns.start);
      const ptrdiff_t place = (ptrdiff_t(row) * p.outWidth + ox) * p.channels;
      for (int32_t c = 0; c < p.channels; c += LANES) {
        const int32_t live = p.channels - c;
        F best = splat<F>(-__builtin_inff());
        I winner{};
        bool first = true;
        for (int32_t i = rows.begin; i < rows.end; ++i)
          for (int32_t j = columns.begin; j < columns.end; ++j) {
            const F v = load_some(at + i * from.row + j * from.pixel + c, live);
            const I better = first ? ~I{} : (v > best) | (v != v);
            best = select(better, v, best);
            winner = select(better, I{} + (i * p.kernelWidth + j), winner);
            first = false;
          }
        store_some(y + to.at(n, oy, ox) + c, best, live);
        if (index) store_bytes(index + place + c, winner, live);
      }
    }
    zero_border(y, to, n, oy, oy + 1);
  });
  return 0;
}
DRISHTI_KERNEL_EXACT(max_pool2d_nhwc_f32, max_pool2d_nhwc)

// Adds body(place in gradOutput and channel, tap) to every tap of every window, image by image, windows in order.
template <class P, class Value> static void scatter(const P& p, float* grad_input, Context& context, int32_t pad_bottom, int32_t pad_right, Value&& value) {
  const Place to = pool_in(p);
  context.each(p.batch, [&](int32_t n, int32_t) {
    __builtin_memset(grad_input + n * to.image, 0, size_t(to.image) * 4);
    for (int32_t oy = 0; oy < p.outHeight; ++oy) {
      const Taps rows = rows_at(p, oy, pad_bottom);
      for (int32_t ox = 0; ox < p.outWidth; ++ox) {
        const Taps columns = columns_at(p, ox, pad_right);
        float* at = grad_input + to.at(n, rows.start, columns.start);
        for (int32_t c = 0; c < p.channels; c += LANES) {
          const int32_t live = p.channels - c;
          const auto each = value(n, oy, ox, c, live, rows, columns);
          for (int32_t i = rows.begin; i < rows.end; ++i)
            for (int32_t j = columns.begin; j < columns.end; ++j) {
              float* tap = at + i * to.row + j * to.pixel + c;
              store_some(tap, load_some(tap, live) + each(i, j), live);
            }
        }
      }
    }
  });
}

static int32_t max_pool2d_nhwc_backward(const MaxPool2dNhwcBackwardF32Params& p, void* const* buffers, Context& context) {
  const float* g = in<float>(buffers, 0);
  const uint8_t* index = in<uint8_t>(buffers, 1);
  const Place from = pool_out(p);
  scatter(p, out<float>(buffers, 2), context, 0, 0, [&](int32_t n, int32_t y, int32_t x, int32_t c, int32_t live, const Taps&, const Taps&) {
    const F v = load_some(g + from.at(n, y, x) + c, live);
    const I winner = load_bytes(index + ((ptrdiff_t(n) * p.outHeight + y) * p.outWidth + x) * p.channels + c, live);
    const int32_t wide = p.kernelWidth;
    return [=](int32_t i, int32_t j) { return select(winner == i * wide + j, v, F{}); };
  });
  return 0;
}
DRISHTI_KERNEL(max_pool2d_nhwc_backward_f32, max_pool2d_nhwc_backward)

template <class P> static float divisor(const P& p, const Taps& rows, const Taps& columns) {
  return p.countIncludePad ? float(rows.padded) * float(columns.padded) : float(rows.end - rows.begin) * float(columns.end - columns.begin);
}

static int32_t avg_pool2d_nhwc(const AvgPool2dNhwcF32Params& p, void* const* buffers, Context& context) {
  const float* x = in<float>(buffers, 0);
  float* y = out<float>(buffers, 1);
  const Place from = pool_in(p), to = pool_out(p);
  context.each(p.batch * p.outHeight, [&](int32_t row, int32_t) {
    const int32_t n = row / p.outHeight, oy = row % p.outHeight;
    const Taps rows = rows_at(p, oy, p.padBottom);
    for (int32_t ox = 0; ox < p.outWidth; ++ox) {
      const Taps columns = columns_at(p, ox, p.padRight);
      const float* at = x + from.at(n, rows.start, columns.start);
      const F by = splat<F>(divisor(p, rows, columns));
      for (int32_t c = 0; c < p.channels; c += LANES) {
        const int32_t live = p.channels - c;
        F sum{};
        for (int32_t i = rows.begin; i < rows.end; ++i)
          for (int32_t j = columns.begin; j < columns.end; ++j) sum += load_some(at + i * from.row + j * from.pixel + c, live);
        store_some(y + to.at(n, oy, ox) + c, sum / by, live);
      }
    }
    zero_border(y, to, n, oy, oy + 1);
  });
  return 0;
}
DRISHTI_KERNEL(avg_pool2d_nhwc_f32, avg_pool2d_nhwc)

static int32_t avg_pool2d_nhwc_backward(const AvgPool2dNhwcBackwardF32Params& p, void* const* buffers, Context& context) {
  const float* g = in<float>(buffers, 0);
  const Place from = pool_out(p);
  scatter(p, out<float>(buffers, 1), context, p.padBottom, p.padRight, [&](int32_t n, int32_t y, int32_t x, int32_t c, int32_t live, const Taps& rows, const Taps& columns) {
    const F v = load_some(g + from.at(n, y, x) + c, live) / splat<F>(divisor(p, rows, columns));
    return [=](int32_t, int32_t) { return v; };
  });
  return 0;
}
DRISHTI_KERNEL(avg_pool2d_nhwc_backward_f32, avg_pool2d_nhwc_backward)

static int32_t convert_layout(const ConvertLayoutF32Params& p, void* const* buffers, Context& context) {
  const Place from(p.inLayout, p.channels, p.height, p.width, p.inBorder), to(p.outLayout, p.channels, p.height, p.width, p.outBorder);
  const Source source(in<float>(buffers, 0), from);
  float* output = out<float>(buffers, 1);
  // Bands of rows of about 16 K elements.
  const int32_t band = clamp_to(16384 / (p.width * p.channels + 1), 1, p.height > 0 ? p.height : 1), bands = ceil_div(p.height, band);
  context.each(p.batch * bands, [&](int32_t i, int32_t) {
    const int32_t n = i / bands, first = i % bands * band, end = lesser(first + band, p.height);
    if (to.nhwc) {
      const int32_t above = first == 0 ? p.outBorder : 0, below = end == p.height ? p.outBorder : 0;
      source.rows(n, first - above, end - first + above + below, p.outBorder, p.width + 2 * p.outBorder, 0, p.channels, p.channels,
                  output + n * to.image + (first - above + p.outBorder) * to.row, nullptr);
      return;
    }
    for (int32_t y = first; y < end; ++y) {
      if (from.nhwc) transpose(source.data + from.at(n, y, 0), from.pixel, p.width, p.channels, output + to.at(n, y, 0), to.channel);
      else
        for (int32_t c = 0; c < p.channels; ++c) copy_row(output + to.at(n, y, 0) + c * to.channel, source.data + from.at(n, y, 0) + c * from.channel, p.width);
    }
  });
  return 0;
}
DRISHTI_KERNEL_EXACT(convert_layout_f32, convert_layout)

}  // namespace DRISHTI_NS
}  // namespace drishti
