// Input gradient of convolution + ReLU + 2x2 max-pool without the zeros, for 3x3 filters with stride 1. For each window: the
// channels whose winner is position q, as bits; each adds value * (3 x 3 taps) to a patch of 3 x 4 pixels held in registers, one
// vector of input channels at a time. Patches overlap and are walked in order, in a padded image of that vector alone, which
// stays in L1 beside its weights.
#pragma once
#include "conv-nhwc.h"
#include "conv-sparse-bits.h"

namespace drishti {
namespace DRISHTI_NS {

struct SparseInput {
  int32_t batch, in_channels, out_channels, in_height, in_width;
  int32_t pad_top, pad_left;
  const Source& g;
  const Tail& tail;
  int32_t vectors, words, rows, columns;  // of the padded image of one vector of channels
  size_t masks_at, temp_at, per_thread, shared;

  SparseInput(const Gather& gather, const Source& gradient, const Tail& t)
      : batch(gather.batch), in_channels(gather.dest_channels), out_channels(gather.source_channels), in_height(gather.y.dest), in_width(gather.x.dest),
        pad_top(gather.y.padding), pad_left(gather.x.padding), g(gradient), tail(t) {
    vectors = ceil_div(in_channels, LANES);
    words = ceil_div(out_channels, 64);
    const auto more = [](int32_t a, int32_t b) { return a > b ? a : b; };
    rows = more(g.place.height * 2 + 2, in_height + pad_top);
    columns = more(g.place.width * 2 + 2, in_width + pad_left);
    masks_at = round_up(size_t(rows) * columns * LANES * 4, 128);
    temp_at = round_up(masks_at + size_t(g.place.height) * g.place.width * 4 * words * 8, 128);
    per_thread = round_up(temp_at + size_t(g.place.height) * g.place.width * g.place.channels * 4, 128);
    shared = round_up(size_t(vectors) * out_channels * 9 * LANES * 4, 128);
  }
  static bool fits(const Gather& gather, const Source& gradient, const Tail& t) {
    const auto plain = [](const Axis& a) { return a.taps == 3 && a.stride == 1 && a.dilation == 1; };
    if (gradient.index == nullptr || gradient.pool_height != 2 || gradient.pool_width != 2 || gather.groups != 1 || !plain(gather.y) || !plain(gather.x)) return false;
    if (gather.dest_channels < LANES) return false;
    return SparseInput(gather, gradient, t).per_thread <= SPARSE_BYTES;
  }

  // [vector of input channels][output channel][tap][lane]
  void pack(const float* weight, float* to, int32_t vector) const {
    const int32_t lanes = lesser(LANES, in_channels - vector * LANES);
    to += ptrdiff_t(vector) * out_channels * 9 * LANES;
    for (int32_t o = 0; o < out_channels; ++o, to += 9 * LANES) {
      if (lanes < LANES) zero_row(to, 9 * LANES);
      transpose(weight + (ptrdiff_t(o) * in_channels + vector * LANES) * 9, 9, lanes, 9, to, LANES);
    }
  }

  // Adds the taps of the channels whose winner is one column of the half, to columns S to S + 2 of the patch.
  template <int S> static DRISHTI_INLINE void add_taps(F (&sum)[3][4], const uint64_t* mask, int32_t words, const float* g, const float* w) {
    for (int32_t k = 0; k < words; ++k)
      for (uint64_t bits = mask[k]; bits != 0; bits &= bits - 1) {
        const int32_t o = 64 * k + __builtin_ctzll(bits);
        const F a = splat<F>(g[o]);
        const float* taps = w + ptrdiff_t(o) * 9 * LANES;
        for (int i = 0; i < 3; ++i)
          for (int j = 0; j < 3; ++j) sum[i][j + S] = fma(a, load<F>(taps + (3 * i + j) * LANES), sum[i][j + S]);
      }
  }
  // Row by row of the winners. What two neighbouring windows both add to stays in registers.
  __attribute__((noinline)) void windows(float* patch, const uint64_t* masks, const float* gradient, ptrdiff_t g_row, ptrdiff_t g_pixel, const float* w) const {
    const ptrdiff_t row = ptrdiff_t(columns) * LANES;
    const int32_t wide = g.place.width;
    for (int32_t y = 0; y < 2 * g.place.height; ++y) {
      const uint64_t* mask = masks + (ptrdiff_t(y / 2) * wide * 4 + y % 2 * 2) * words;
      const float* from = gradient + y / 2 * g_row;
      float* at = patch + y * row;
      F sum[3][4];
      for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 2; ++j) sum[i][j] = load<F>(at + i * row + j * LANES);
      for (int32_t x = 0; x < wide; ++x, at += 2 * LANES, mask += 4 * words, from += g_pixel) {
        for (int i = 0; i < 3; ++i)
          for (int j = 2; j < 4; ++j) sum[i][j] = load<F>(at + i * row + j * LANES);
        add_taps<0>(sum, mask, words, from, w);
        add_taps<1>(sum, mask + words, words, from, w);
        for (int i = 0; i < 3; ++i)
          for (int j = 0; j < 2; ++j) {
            store(at + i * row + j * LANES, sum[i][j]);
            sum[i][j] = sum[i][j + 2];
          }
      }
      for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 2; ++j) store(at + i * row + j * LANES, sum[i][j]);
    }
  }

  void image(int32_t n, char* scratch, const float* packed) const {
    float* patch = reinterpret_cast<float*>(scratch);
    uint64_t* masks = reinterpret_cast<uint64_t*>(scratch + masks_at);
    const float* gradient = g.data + g.place.at(n, 0, 0);
    ptrdiff_t g_row = g.place.row, g_pixel = g.place.pixel;
    const int32_t count = g.place.height * g.place.width;
    if (!g.place.nhwc) {
      float* temp = reinterpret_cast<float*>(scratch + temp_at);
      transpose(gradient, g.place.channel, out_channels, count, temp, out_channels);
      gradient = temp;
      g_pixel = out_channels;
      g_row = ptrdiff_t(g.place.width) * out_channels;
    }
    const uint8_t* index = g.index + ptrdiff_t(n) * count * out_channels;
    for (int32_t i = 0; i < count; ++i)
      for (int q = 0; q < 4; ++q)
        for (int32_t k = 0; k < words; ++k) masks[(ptrdiff_t(i) * 4 + q) * words + k] = bits_of(index + ptrdiff_t(i) * out_channels + 64 * k, lesser(64, out_channels - 64 * k), uint8_t(q));
    for (int32_t v = 0; v < vectors; ++v) {
      zero_row(patch, rows * columns * LANES);
      windows(patch, masks, gradient, g_row, g_pixel, packed + ptrdiff_t(v) * out_channels * 9 * LANES);
      write(n, v * LANES, patch);
    }
    zero_border(tail.out, tail.place, n, 0, in_height);
  }

  // Channels [channel, channel + LANES) of an image.
  void write(int32_t n, int32_t channel, const float* patch) const {
    const Place& to = tail.place;
    const int32_t live = lesser(LANES, in_channels - channel);
    for (int32_t y = 0; y < in_height; ++y) {
      const float* from = patch + (ptrdiff_t(y + pad_top) * columns + pad_left) * LANES;
      float* out = tail.out + to.at(n, y, 0) + channel * to.channel;
      const float* add = tail.residual ? tail.residual + tail.residual_place.at(n, y, 0) + channel * to.channel : nullptr;
      if (!to.nhwc) {
        transpose(from, LANES, in_width, live, out, to.channel);
        if (add)
          for (int32_t c = 0; c < live; ++c)
            for (int32_t x = 0; x < in_width; ++x) out[c * to.channel + x] += add[c * to.channel + x];
      } else {
        for (int32_t x = 0; x < in_width; ++x, from += LANES, out += in_channels) {
          F v = load<F>(from);
          if (add) v += load_some(add + ptrdiff_t(x) * in_channels, live);
          store_some(out, v, live);
        }
      }
    }
  }
};

static void run_sparse_input(const Gather& gather, const Source& g, const Tail& tail, const float* weight, Context& context, char* shared) {
  const SparseInput call(gather, g, tail);
  float* packed = reinterpret_cast<float*>(shared);
  context.each(call.vectors, [&](int32_t v, int32_t) { call.pack(weight, packed, v); });
  context.each(call.batch, [&](int32_t n, int32_t thread) { call.image(n, context.scratch_of<char>(thread), packed); });
}

}  // namespace DRISHTI_NS
}  // namespace drishti
