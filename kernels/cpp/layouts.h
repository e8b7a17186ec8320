// Where the elements of a tensor lie in the fused kernels: NCHW, or NHWC with a border of zeros (contract: fusedConv2dParams).
#pragma once
#include "kernel.h"
#include "matmul-tile.h"
#include "matmul-transpose.h"

namespace drishti {
namespace DRISHTI_NS {

struct Place {
  int32_t channels, height, width, border;
  bool nhwc;
  ptrdiff_t channel, pixel, row, image;  // strides
  ptrdiff_t origin;                      // of the first element inside the border

  Place(int32_t layout, int32_t c, int32_t h, int32_t w, int32_t b) : channels(c), height(h), width(w), border(b), nhwc(layout == 1) {
    channel = nhwc ? 1 : ptrdiff_t(h) * w;
    pixel = nhwc ? c : 1;
    row = (w + 2 * ptrdiff_t(b)) * pixel;
    image = nhwc ? (h + 2 * ptrdiff_t(b)) * row : ptrdiff_t(c) * h * w;
    origin = b * row + b * pixel;
  }
  ptrdiff_t at(int32_t n, int32_t y, int32_t x) const { return n * image + origin + y * row + x * pixel; }
};

// Zeros of the border beside rows [first, end) of an image, and above and below where those are its first and last.
static inline void zero_border(float* data, const Place& p, int32_t n, int32_t first, int32_t end) {
  if (p.border == 0) return;
  float* base = data + n * p.image;
  const int32_t side = p.border * p.channels;
  if (first == 0) zero_row(base, int32_t(p.border * p.row));
  for (int32_t y = first; y < end; ++y) {
    float* row = base + (y + p.border) * p.row;
    zero_row(row, side);
    zero_row(row + p.row - side, side);
  }
  if (end == p.height) zero_row(base + (p.border + p.height) * p.row, int32_t(p.border * p.row));
}

using Bytes = typename VecOf<uint8_t, LANES>::type;
// Numbers below 256 in the lanes, as bytes; and back.
DRISHTI_INLINE void store_bytes(uint8_t* to, I v, int32_t count) {
  const Bytes b = __builtin_convertvector(v, Bytes);
  if (count >= LANES) __builtin_memcpy(to, &b, LANES);
  else
    for (int32_t i = 0; i < count; ++i) to[i] = b[i];
}
DRISHTI_INLINE I load_bytes(const uint8_t* from, int32_t count) {
  Bytes b{};
  if (count >= LANES) __builtin_memcpy(&b, from, LANES);
  else
    for (int32_t i = 0; i < count; ++i) b[i] = from[i];
  return __builtin_convertvector(b, I);
}
DRISHTI_INLINE F load_some(const float* from, int32_t count) { return count >= LANES ? load<F>(from) : load_part<F>(from, count); }
DRISHTI_INLINE void store_some(float* to, F v, int32_t count) {
  if (count >= LANES) store(to, v);
  else store_part(to, v, count);
}

// What is convolved: a tensor in either layout, or the gradient in front of a pool and a ReLU, made from the one behind them.
struct Source {
  const float* data;
  Place place;                      // of data
  int32_t height, width;            // before the pool
  int32_t pool_height = 1, pool_width = 1;
  const uint8_t* index = nullptr;   // which position of the window the value goes to
  const float* output = nullptr;    // or: it passes where this is not <= 0
  Place output_place;

  Source(const float* d, const Place& p) : data(d), place(p), height(p.height), width(p.width), output_place(p) {}

  bool plain() const { return index == nullptr && output == nullptr && pool_height * pool_width == 1; }
  // Floats of scratch that rows() wants: NHWC copies of an image.
  size_t scratch() const {
    if (plain() || (place.nhwc && (output == nullptr || output_place.nhwc))) return 0;
    return size_t(place.height) * place.width * place.channels * (output ? 2 : 1);
  }

  // Rows [first, first + rows) of an image, from `left` columns before the first one on, `columns` in all; NHWC at `pitch`
  // floats a pixel, channels [channel, channel + channels); zeros outside. `memory` is scratch().
  void rows(int32_t n, int32_t first, int32_t count, int32_t left, int32_t columns, int32_t channel, int32_t channels, int32_t pitch,
            float* to, float* memory) const {
    const ptrdiff_t row_size = ptrdiff_t(columns) * pitch;
    const int32_t live_rows = height / pool_height * pool_height, live_columns = width / pool_width * pool_width;
    const int32_t above = clamp_to(-first, 0, count), below = clamp_to(live_rows - first, above, count);
    const int32_t begin = clamp_to(left, 0, columns), end = clamp_to(live_columns + left, begin, columns);
    const int32_t spare = pitch - channels;
    zero_row(to, int32_t(above * row_size));
    zero_row(to + below * row_size, int32_t((count - below) * row_size));
    if (below > above && plain() && !place.nhwc && spare == 0 && begin == 0 && end == columns && columns == width) {
      transpose(data + place.at(n, first + above, 0) + channel * place.channel, place.channel, channels, (below - above) * columns, to + above * row_size, pitch);
      return;
    }
    const float* gradient = data;
    const float* mask = output;
    Place from = place, mask_from = output_place;
    if (!plain() && scratch() != 0 && below > above) to_nhwc(n, first + above, first + below, memory, gradient, mask, from, mask_from);
    for (int32_t r = above; r < below; ++r) {
      float* at = to + r * row_size;
      zero_row(at, begin * pitch);
      zero_row(at + ptrdiff_t(end) * pitch, (columns - end) * pitch);
      const int32_t y = first + r, x = begin - left;
      if (!plain()) spread_row(n, y, x, end - begin, channel, channels, pitch, at + ptrdiff_t(begin) * pitch, gradient, from, mask, mask_from);
      else if (!place.nhwc) {
        transpose(data + place.at(n, y, x) + channel * place.channel, place.channel, channels, end - begin, at + ptrdiff_t(begin) * pitch, pitch);
        if (spare)
          for (int32_t i = begin; i < end; ++i) zero_row(at + ptrdiff_t(i) * pitch + channels, spare);
      } else if (spare == 0 && channels == place.channels) copy_row(at + begin * pitch, data + place.at(n, y, x), (end - begin) * pitch);
      else
        for (int32_t i = begin; i < end; ++i) {
          copy_row(at + ptrdiff_t(i) * pitch, data + place.at(n, y, i - left) + channel, channels);
          zero_row(at + ptrdiff_t(i) * pitch + channels, spare);
        }
    }
  }

 private:
  // NHWC copies of the image's rows that [first, end) come from; the pointers are moved so that image n is found in them.
  void to_nhwc(int32_t n, int32_t first, int32_t end, float* memory, const float*& gradient, const float*& mask, Place& from, Place& mask_from) const {
    const int32_t begin = first / pool_height, stop = (end - 1) / pool_height + 1, pixels = (stop - begin) * place.width;
    const auto turn = [&](const float*& data, Place& p, float* to) {
      if (p.nhwc) return;
      const Place flat(1, p.channels, p.height, p.width, 0);
      transpose(data + p.at(n, begin, 0), p.channel, p.channels, pixels, to + flat.at(0, begin, 0), flat.pixel);
      data = to - n * flat.image;
      p = flat;
    };
    turn(gradient, from, memory);
    if (mask) turn(mask, mask_from, memory + size_t(place.height) * place.width * place.channels);
  }

  void spread_row(int32_t n, int32_t y, int32_t x, int32_t count, int32_t channel, int32_t channels, int32_t pitch, float* to,
                  const float* gradient, const Place& from, const float* mask, const Place& mask_from) const {
    const int32_t py = y / pool_height, i = y % pool_height;
    for (int32_t k = 0; k < count; ++k, to += pitch) {
      const int32_t px = (x + k) / pool_width, q = i * pool_width + (x + k) % pool_width;
      const float* g = gradient + from.at(n, py, px) + channel;
      for (int32_t c = 0; c < channels; c += LANES) {
        const int32_t live = channels - c;
        F v = load_some(g + c, live);
        if (index) {
          const I winner = load_bytes(index + ((ptrdiff_t(n) * place.height + py) * place.width + px) * place.channels + channel + c, live);
          v = select(winner == q, v, F{});
        } else {
          v = select(load_some(mask + mask_from.at(n, py, px) + channel + c, live) <= 0.0f, F{}, v);
        }
        store_some(to + c, v, live);
      }
      zero_row(to + channels, pitch - channels);
    }
  }
};

}  // namespace DRISHTI_NS
}  // namespace drishti
