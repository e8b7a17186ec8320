// Backward of convolution + ReLU + 2x2 max-pool without the zeros. A window passes its gradient to one of its four positions,
// or to none, so three of four products of the dense form are products with zero. Chosen by shape and graph, never by data.
// What is left out is zero times something: where weights or inputs are not finite the dense form gives NaN, this one does not.
//
//   weight gradient   for each output channel: the windows that live, as bits; each adds value * (taps x channels) of the input at
//                     its winner, which is one contiguous run of memory for each row of the filter
//   input gradient    for each window: the channels whose winner is position q, as bits; each adds value * (3 x 3 taps) to a patch
//                     of 3 x 4 pixels held in registers, one vector of input channels at a time
#pragma once
#include "conv-nhwc.h"

namespace drishti {
namespace DRISHTI_NS {

constexpr size_t SPARSE_BYTES = 1 << 20;      // most scratch for an image; larger ones go the dense way
constexpr size_t SPARSE_BAND_BYTES = 24 << 10;  // of input rows that are walked together, to stay in L1

// Bit i: p[i] == q (or p[i] < below), i < count <= 64.
static DRISHTI_INLINE uint64_t bits_of(const uint8_t* p, int32_t count, uint8_t q) {
  uint64_t bits = 0;
  int32_t i = 0;
#if defined(__AVX2__)
  for (; i + 32 <= count; i += 32)
    bits |= uint64_t(uint32_t(_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + i)), _mm256_set1_epi8(char(q)))))) << i;
#elif defined(__SSE2__)
  for (; i + 16 <= count; i += 16)
    bits |= uint64_t(uint32_t(_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p + i)), _mm_set1_epi8(char(q)))))) << i;
#elif defined(__wasm_simd128__)
  for (; i + 16 <= count; i += 16) bits |= uint64_t(wasm_i8x16_bitmask(wasm_i8x16_eq(wasm_v128_load(p + i), wasm_i8x16_splat(int8_t(q))))) << i;
#endif
  for (; i < count; ++i) bits |= uint64_t(p[i] == q) << i;
  return bits;
}

// to[c][r] = from[r][c], bytes.
static inline void transpose_bytes(const uint8_t* from, ptrdiff_t from_pitch, int32_t rows, int32_t columns, uint8_t* to, ptrdiff_t to_pitch) {
  typedef uint8_t B __attribute__((vector_size(16)));
  for (int32_t r = 0; r < rows; r += 16)
    for (int32_t c = 0; c < columns; c += 16) {
      if (rows - r < 16 || columns - c < 16) {
        for (int32_t i = r; i < rows && i < r + 16; ++i)
          for (int32_t j = c; j < columns && j < c + 16; ++j) to[j * to_pitch + i] = from[i * from_pitch + j];
        continue;
      }
      B a[16], b[16];
      for (int i = 0; i < 16; ++i) a[i] = load<B>(from + (r + i) * from_pitch + c);
      const auto mix = [](const B* in, B* out) DRISHTI_LAMBDA_INLINE {
        for (int i = 0; i < 8; ++i) {
          out[2 * i] = __builtin_shufflevector(in[i], in[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
          out[2 * i + 1] = __builtin_shufflevector(in[i], in[i + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        }
      };
      mix(a, b);
      mix(b, a);
      mix(a, b);
      mix(b, a);
      for (int i = 0; i < 16; ++i) store(to + (c + i) * to_pitch + r, a[i]);
    }
}

// sums[r][v] += sum over the bits of value[i] * x[at[i] + r * row + v * LANES].
template <int R, int V>
static DRISHTI_INLINE void sparse_weight(uint64_t bits, const float* value, const int32_t* at, const float* x, ptrdiff_t row, float* sums, ptrdiff_t pitch) {
  F sum[R][V];
  for (int r = 0; r < R; ++r)
    for (int v = 0; v < V; ++v) sum[r][v] = load<F>(sums + r * pitch + v * LANES);
  while (bits != 0) {
    const int i = __builtin_ctzll(bits);
    bits &= bits - 1;
    const F a = splat<F>(value[i]);
    const float* from = x + at[i];
    for (int r = 0; r < R; ++r)
      for (int v = 0; v < V; ++v) sum[r][v] = fma(a, load<F>(from + r * row + v * LANES), sum[r][v]);
  }
  for (int r = 0; r < R; ++r)
    for (int v = 0; v < V; ++v) store(sums + r * pitch + v * LANES, sum[r][v]);
}

// What all outputs share while they are walked.
struct SparseWalk {
  const uint64_t* alive;   // for each output: words of bits
  const float* value;      // for each output: values of the windows
  const int32_t* at;       // and where in x their winners are
  int32_t words, windows;  // of an output
  int32_t first, end;      // windows of the band
  int32_t outputs;
  const float* x;
  ptrdiff_t row;
  float* sums;
  ptrdiff_t output_pitch, row_pitch;  // of sums
};
template <int R, int V> __attribute__((noinline)) static void sparse_outputs(const SparseWalk& w) {
  for (int32_t o = 0; o < w.outputs; ++o)
    for (int32_t word = w.first / 64; word * 64 < w.end; ++word) {
      uint64_t bits = w.alive[ptrdiff_t(o) * w.words + word];
      if (word * 64 < w.first) bits &= ~0ull << (w.first - word * 64);
      if (w.end - word * 64 < 64) bits &= ~(~0ull << (w.end - word * 64));
      const ptrdiff_t at = ptrdiff_t(o) * w.windows + word * 64;
      sparse_weight<R, V>(bits, w.value + at, w.at + at, w.x, w.row, w.sums + o * w.output_pitch, w.row_pitch);
    }
}
constexpr int SPARSE_ROWS = LANES == 16 ? 3 : 1;
constexpr int SPARSE_VECTORS = LANES == 16 ? 6 : LANES == 8 ? 12 : 8;
// `vectors` of them, contiguous, in the widest pieces that fit.
template <int R> static void sparse_run(SparseWalk w, int32_t vectors) {
  while (vectors > 0) {
    const auto take = [&](void (*run)(const SparseWalk&), int32_t n) {
      run(w);
      w.x += n * LANES;
      w.sums += n * LANES;
      vectors -= n;
    };
    if constexpr (SPARSE_VECTORS == 12) {
      if (vectors >= 12) {
        take(sparse_outputs<R, 12>, 12);
        continue;
      }
    }
    if constexpr (SPARSE_VECTORS >= 8) {
      if (vectors >= 8) {
        take(sparse_outputs<R, 8>, 8);
        continue;
      }
    }
    if (vectors >= 6) take(sparse_outputs<R, 6>, 6);
    else if (vectors >= 4) take(sparse_outputs<R, 4>, 4);
    else if (vectors >= 2) take(sparse_outputs<R, 2>, 2);
    else take(sparse_outputs<R, 1>, 1);
  }
}

// The input gradient.
struct SparseInput {
  int32_t batch, in_channels, out_channels, in_height, in_width;
  int32_t pad_top, pad_left;
  const Source& g;
  const Tail& tail;
  int32_t vectors, words, rows, columns, pitch;  // of the patch buffer, which has the padding around
  size_t masks_at, temp_at, per_thread, shared;

  SparseInput(const Gather& gather, const Source& gradient, const Tail& t)
      : batch(gather.batch), in_channels(gather.dest_channels), out_channels(gather.source_channels), in_height(gather.y.dest), in_width(gather.x.dest),
        pad_top(gather.y.padding), pad_left(gather.x.padding), g(gradient), tail(t) {
    vectors = ceil_div(in_channels, LANES);
    words = ceil_div(out_channels, 64);
    pitch = vectors * LANES;
    const auto more = [](int32_t a, int32_t b) { return a > b ? a : b; };
    rows = more(g.place.height * 2 + 2, in_height + pad_top);
    columns = more(g.place.width * 2 + 2, in_width + pad_left);
    masks_at = round_up(size_t(rows) * columns * pitch * 4, 128);
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

  // Rows y and y + 1 of a window's winners: 3 x 4 pixels of the patch.
  static DRISHTI_INLINE void half(float* patch, ptrdiff_t row, ptrdiff_t pixel, const uint64_t* masks, int32_t words, const float* g, const float* w) {
    F sum[3][4];
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 4; ++j) sum[i][j] = load<F>(patch + i * row + j * pixel);
    for (int dx = 0; dx < 2; ++dx) {
      const uint64_t* mask = masks + dx * words;
      for (int32_t k = 0; k < words; ++k)
        for (uint64_t bits = mask[k]; bits != 0; bits &= bits - 1) {
          const int32_t o = 64 * k + __builtin_ctzll(bits);
          const F a = splat<F>(g[o]);
          const float* taps = w + ptrdiff_t(o) * 9 * LANES;
          if (dx == 0)
            for (int i = 0; i < 3; ++i)
              for (int j = 0; j < 3; ++j) sum[i][j] = fma(a, load<F>(taps + (3 * i + j) * LANES), sum[i][j]);
          else
            for (int i = 0; i < 3; ++i)
              for (int j = 0; j < 3; ++j) sum[i][j + 1] = fma(a, load<F>(taps + (3 * i + j) * LANES), sum[i][j + 1]);
        }
    }
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 4; ++j) store(patch + i * row + j * pixel, sum[i][j]);
  }
  __attribute__((noinline)) void windows(float* patch, const uint64_t* masks, const float* gradient, ptrdiff_t g_row, ptrdiff_t g_pixel, const float* w) const {
    const ptrdiff_t pixel = pitch, row = ptrdiff_t(columns) * pitch;
    for (int32_t y = 0; y < g.place.height; ++y)
      for (int32_t x = 0; x < g.place.width; ++x, masks += 4 * words) {
        float* at = patch + 2 * y * row + 2 * x * pixel;
        const float* from = gradient + y * g_row + x * g_pixel;
        half(at, row, pixel, masks, words, from, w);
        half(at + row, row, pixel, masks + 2 * words, words, from, w);
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
    __builtin_memset(patch, 0, size_t(rows) * columns * pitch * 4);
    for (int32_t v = 0; v < vectors; ++v) windows(patch + v * LANES, masks, gradient, g_row, g_pixel, packed + ptrdiff_t(v) * out_channels * 9 * LANES);
    write(n, patch);
  }

  void write(int32_t n, const float* patch) const {
    const Place& to = tail.place;
    for (int32_t y = 0; y < in_height; ++y) {
      const float* from = patch + (ptrdiff_t(y + pad_top) * columns + pad_left) * pitch;
      float* out = tail.out + to.at(n, y, 0);
      const float* add = tail.residual ? tail.residual + tail.residual_place.at(n, y, 0) : nullptr;
      if (!to.nhwc) {
        transpose(from, pitch, in_width, in_channels, out, to.channel);
        if (add)
          for (int32_t c = 0; c < in_channels; ++c)
            for (int32_t x = 0; x < in_width; ++x) out[c * to.channel + x] += add[c * to.channel + x];
        continue;
      }
      if (pitch == in_channels && !add) {
        copy_row(out, from, in_width * pitch);
        continue;
      }
      for (int32_t x = 0; x < in_width; ++x, from += pitch, out += in_channels)
        for (int32_t c = 0; c < in_channels; c += LANES) {
          const int32_t live = in_channels - c;
          F v = load<F>(from + c);
          if (add) v += load_some(add + ptrdiff_t(x) * in_channels + c, live);
          store_some(out + c, v, live);
        }
    }
    zero_border(tail.out, to, n, 0, in_height);
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
