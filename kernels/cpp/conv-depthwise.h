// Depthwise convolution of the fused kernels, forward, one output a channel: lanes are channels, and the sums of some pixels side
// by side are in registers, so each weight is loaded once for them. Nothing is packed but the weights, [tap][channel].
//
// A chunk is a band of rows of one image. A source that is not NHWC, or whose border is narrower than the padding, is copied for
// the chunk; a result in NCHW is turned row by row.
#pragma once
#include "conv-gather.h"
#include "conv-nhwc.h"

namespace drishti {
namespace DRISHTI_NS {

struct DepthwisePlan {
  bool fits;
  bool direct;
  int32_t channels, taps, band, bands, columns;
  ptrdiff_t pixel, row;  // strides of the source as it is read
  size_t line_at, per_thread, shared;

  // What is left out here has no pool in front and no index: captured inference.
  DepthwisePlan(const Gather& g, const Source& s, const Tail& t) {
    fits = g.source_channels == 1 && g.dest_channels == 1 && g.groups > 1 && g.batch > 0 && g.y.dest > 0 && g.x.dest > 0 && t.pool_height * t.pool_width == 1 && !t.index && !t.residual;
    per_thread = shared = 0;
    if (!fits) return;
    channels = g.groups;
    taps = g.y.taps * g.x.taps;
    const auto within = [&](const Axis& a) { return a.lead <= s.place.border && (a.dest - 1) * a.move + a.reach - a.lead < a.source + s.place.border; };
    direct = s.place.nhwc && within(g.y) && within(g.x);
    columns = g.x.span(g.x.dest);
    pixel = channels;
    row = direct ? s.place.row : ptrdiff_t(columns) * channels;
    band = g.y.dest;
    while (band > 1 && (size_t(g.y.span(band)) * columns * channels * 4 > SOURCE_BYTES || band * g.batch > 4 * g.y.dest)) band = (band + 1) / 2;
    bands = ceil_div(g.y.dest, band);
    line_at = round_up(direct ? 0 : size_t(g.y.span(band)) * row * 4, 128);
    per_thread = round_up(line_at + (t.place.nhwc ? 0 : size_t(g.x.dest) * channels * 4), 128);
    shared = round_up(size_t(taps) * channels * 4, 128);
  }
};

struct DepthwiseCall {
  const Gather& g;
  const DepthwisePlan& p;
  const Source& source;
  const Tail& tail;
  float* packed;

  void pack(const float* weight) const {
    transpose(weight, p.taps, p.channels, p.taps, packed, p.channels);
    if (tail.scale)
      for (int32_t t = 0; t < p.taps; ++t)
        for (int32_t c = 0; c < p.channels; ++c) packed[ptrdiff_t(t) * p.channels + c] *= tail.scale[c];
  }

  // PX pixels by V vectors of channels, `live` of the last one.
  template <int PX, int V, bool WHOLE>
  __attribute__((noinline)) void tile(const float* from, int32_t channel, int32_t live, float* to, ptrdiff_t pitch) const {
    F sum[PX][V];
    for (int j = 0; j < PX; ++j)
      for (int v = 0; v < V; ++v) sum[j][v] = F{};
    const auto get = [&](const float* at) DRISHTI_LAMBDA_INLINE { return WHOLE ? load<F>(at) : load_some(at, live); };
    const ptrdiff_t across = g.x.move * p.pixel;
    const float* w = packed + channel;
    for (int32_t ky = 0; ky < g.y.taps; ++ky)
      for (int32_t kx = 0; kx < g.x.taps; ++kx, w += p.channels) {
        const float* at = from + ky * g.y.dilation * p.row + kx * g.x.dilation * p.pixel;
        for (int v = 0; v < V; ++v) {
          const F by = get(w + v * LANES);
          for (int j = 0; j < PX; ++j) sum[j][v] = fma(get(at + j * across + v * LANES), by, sum[j][v]);
        }
      }
    for (int v = 0; v < V; ++v) {
      const F bias = tail.bias ? get(tail.bias + channel + v * LANES) : F{};
      for (int j = 0; j < PX; ++j) {
        F value = bias + sum[j][v];
        if (tail.relu) value = bits<F>(bits<I>(value) & ~I(value <= 0.0f));
        if (tail.six) value = select(value > 6.0f, splat<F>(6.0f), value);
        if constexpr (WHOLE) store(to + j * pitch + v * LANES, value);
        else store_some(to + j * pitch, value, live);
      }
    }
  }

  template <int V, bool WHOLE> void strip(const float* from, int32_t channel, int32_t live, float* to, ptrdiff_t pitch) const {
    constexpr int PX = V == 1 ? 8 : 4;
    int32_t x = 0;
    for (; x + PX <= g.x.dest; x += PX) tile<PX, V, WHOLE>(from + x * g.x.move * p.pixel, channel, live, to + x * pitch, pitch);
    for (; x < g.x.dest; ++x) tile<1, V, WHOLE>(from + x * g.x.move * p.pixel, channel, live, to + x * pitch, pitch);
  }

  void run_chunk(int32_t index, Context& context, int32_t thread) const {
    char* scratch = context.scratch_of<char>(thread);
    const int32_t n = index / p.bands, begin = index % p.bands * p.band, end = lesser(begin + p.band, g.y.dest);
    const int32_t first = begin * g.y.move - g.y.lead;
    const float* rows = reinterpret_cast<const float*>(scratch);
    if (p.direct) rows = source.data + source.place.at(n, first, -g.x.lead);
    else source.rows(n, first, g.y.span(end - begin), g.x.lead, p.columns, 0, p.channels, p.channels, reinterpret_cast<float*>(scratch), nullptr);
    for (int32_t y = begin; y < end; ++y) {
      const float* from = rows + (y - begin) * g.y.move * p.row;
      float* const to = tail.place.nhwc ? tail.out + tail.place.at(n, y, 0) : reinterpret_cast<float*>(scratch + p.line_at);
      int32_t c = 0;
      for (; c + 2 * LANES <= p.channels; c += 2 * LANES) strip<2, true>(from + c, c, LANES, to + c, p.channels);
      for (; c + LANES <= p.channels; c += LANES) strip<1, true>(from + c, c, LANES, to + c, p.channels);
      if (c < p.channels) strip<1, false>(from + c, c, p.channels - c, to + c, p.channels);
      if (!tail.place.nhwc) transpose(to, p.channels, g.x.dest, p.channels, tail.out + tail.place.at(n, y, 0), tail.place.channel);
    }
    zero_border(tail.out, tail.place, n, begin, end);
  }
};

static void run_depthwise(const Gather& g, const DepthwisePlan& plan, const Source& source, const Tail& tail, const float* weight, Context& context) {
  const DepthwiseCall call = {g, plan, source, tail, reinterpret_cast<float*>(context.shared)};
  call.pack(weight);
  context.each(g.batch * plan.bands, [&](int32_t i, int32_t thread) { call.run_chunk(i, context, thread); });
}

}  // namespace DRISHTI_NS
}  // namespace drishti
