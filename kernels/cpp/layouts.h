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

// Numbers below 256 in the lanes, as bytes; and back. By instructions: of __builtin_convertvector g++ makes a move for each lane.
template <class V> DRISHTI_INLINE void narrow(uint8_t* to, V v) {
#if defined(__AVX512F__)
  if constexpr (sizeof(V) == 64) return _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtepi32_epi8((__m512i)v));
#endif
  if constexpr (lanes_of<V> > 4) {
#if defined(__AVX2__)
    if constexpr (sizeof(V) == 32) {
      const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128((__m256i)v), _mm256_extracti128_si256((__m256i)v, 1));
      return _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_packus_epi16(words, words));
    }
#endif
    narrow(to, low(v));
    narrow(to + lanes_of<V> / 2, high(v));
  } else {
    int32_t four;
#if defined(__SSE2__)
    const __m128i words = _mm_packs_epi32((__m128i)v, (__m128i)v);
    four = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
#elif defined(__wasm_simd128__)
    const v128_t words = wasm_i16x8_narrow_i32x4((v128_t)v, (v128_t)v);
    four = wasm_i32x4_extract_lane(wasm_u8x16_narrow_i16x8(words, words), 0);
#else
    four = int32_t(uint32_t(v[0]) | uint32_t(v[1]) << 8 | uint32_t(v[2]) << 16 | uint32_t(v[3]) << 24);
#endif
    __builtin_memcpy(to, &four, 4);
  }
}
template <class V> DRISHTI_INLINE V widened(const uint8_t* from) {
#if defined(__AVX512F__)
  if constexpr (sizeof(V) == 64) return V(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))));
#endif
#if defined(__AVX2__)
  if constexpr (sizeof(V) == 32) return V(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from))));
#endif
  if constexpr (lanes_of<V> > 4) return join<V>(widened<HalfOf<V>>(from), widened<HalfOf<V>>(from + lanes_of<V> / 2));
  else {
    int32_t four;
    __builtin_memcpy(&four, from, 4);
#if defined(__SSE2__)
    const __m128i words = _mm_unpacklo_epi8(_mm_cvtsi32_si128(four), _mm_setzero_si128());
    return V(_mm_unpacklo_epi16(words, _mm_setzero_si128()));
#elif defined(__wasm_simd128__)
    return V(wasm_u32x4_extend_low_u16x8(wasm_u16x8_extend_low_u8x16(wasm_i32x4_splat(four))));
#else
    return V{four & 255, four >> 8 & 255, four >> 16 & 255, four >> 24 & 255};
#endif
  }
}
DRISHTI_INLINE void store_bytes(uint8_t* to, I v, int32_t count) {
  if (count >= LANES) narrow(to, v);
  else
    for (int32_t i = 0; i < count; ++i) to[i] = uint8_t(v[i]);
}
DRISHTI_INLINE I load_bytes(const uint8_t* from, int32_t count) {
  if (count >= LANES) return widened<I>(from);
  I v{};
  for (int32_t i = 0; i < count; ++i) v[i] = from[i];
  return v;
}
DRISHTI_INLINE F load_some(const float* from, int32_t count) { return count >= LANES ? load<F>(from) : load_part<F>(from, count); }
DRISHTI_INLINE void store_some(float* to, F v, int32_t count) {
  if (count >= LANES) store(to, v);
  else store_part(to, v, count);
}

// What a pool takes of the values of a window: the last NaN, else the first of the largest.
struct Largest {
  F best;
  I winner{};
  DRISHTI_INLINE explicit Largest(F first) : best(first) {}
  DRISHTI_INLINE void meet(F v, int32_t position) {
    const I better = (v > best) | (v != v);
    best = select(better, v, best);
    winner = select(better, I{} + position, winner);
  }
};

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
    const uint8_t* bytes = index ? index + ((ptrdiff_t(n) * place.height + py) * place.width) * place.channels + channel : nullptr;
    for (int32_t px = x / pool_width; px * pool_width < x + count; ++px) {
      const int32_t begin = px * pool_width < x ? x : px * pool_width, end = lesser((px + 1) * pool_width, x + count);
      const float* g = gradient + from.at(n, py, px) + channel;
      const float* passes = mask ? mask + mask_from.at(n, py, px) + channel : nullptr;
      float* at = to + ptrdiff_t(begin - x) * pitch;
      for (int32_t c = 0; c < channels; c += LANES) {
        const int32_t live = channels - c;
        const F v = load_some(g + c, live);
        const I winner = bytes ? load_bytes(bytes + ptrdiff_t(px) * place.channels + c, live) : select(load_some(passes + c, live) <= 0.0f, I{} + 1, I{});
        int32_t q = i * pool_width + begin - px * pool_width;
        for (int32_t k = begin; k < end; ++k, ++q) store_some(at + ptrdiff_t(k - begin) * pitch + c, select(winner == q, v, F{}), live);
      }
      if (pitch > channels)
        for (int32_t k = begin; k < end; ++k) zero_row(at + ptrdiff_t(k - begin) * pitch + channels, pitch - channels);
    }
  }
};

}  // namespace DRISHTI_NS
}  // namespace drishti
