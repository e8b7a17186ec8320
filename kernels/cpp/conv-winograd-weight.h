// Weight gradient of 3x3 convolutions with stride 1 or 2 by Winograd's algorithm, turned about: what the forward pass multiplies
// and adds goes the other way, dg = Gᵀ [Σ (A dY Aᵀ) ∘ (Bᵀ d B)] G over all tiles; 16 products where the plain sum has 36, or 36 where
// it has 144, or, with stride 2, 25 for 36. What is a sum forward (conv-winograd-kind.h) is a number of the gradient here.
//
//   input      [number of the source][tile][channel]    transformed for a pass of tiles; broadcast
//   gradient   [number of the sum][block of lanes][tile][lane]
//   sums       [number of the filter][block][channel][lane]    of the tiles of a chunk; products of matrices, channels by lanes
//   partials   [group of tiles][block][channel][tap][lane]    added in order
//
// A chunk is a group of tiles, counted over all images, some channels and some blocks. All is cut by shape alone.
#pragma once
#include "conv-fused-shape.h"
#include "conv-winograd-kind.h"

namespace drishti {
namespace DRISHTI_NS {

constexpr int32_t WEIGHT_TILES = 64;  // of a pass: what a term reads of them stays in L1
constexpr int32_t WEIGHT_PART = 64;   // channels, and lanes, of a chunk: the sums stay in L2

// A dY Aᵀ of one vector: a tile's gradients to their numbers, `slice` apart. Returns the sum of the gradients where none of them is that.
template <class K, bool WHOLE> DRISHTI_INLINE F winograd_gradient(const float* from, ptrdiff_t row, ptrdiff_t pixel, int32_t live, float* to, ptrdiff_t slice) {
  constexpr int M = K::SIDE, N = K::SUMS;
  F d[N][M], sum{};
  for (int j = 0; j < M; ++j) {
    F x[M], y[N];
    for (int i = 0; i < M; ++i) x[i] = WHOLE ? load<F>(from + i * row + j * pixel) : load_some(from + i * row + j * pixel, live);
    if constexpr (M == 4) sum += (x[0] + x[1]) + (x[2] + x[3]);
    K::lift(x, y);
    for (int i = 0; i < N; ++i) d[i][j] = y[i];
  }
  for (int i = 0; i < N; ++i) {
    F y[N];
    K::lift(d[i], y);
    for (int j = 0; j < N; ++j) store(to + (N * i + j) * slice, y[j]);
  }
  return sum;
}

// Gᵀ M G of one vector: the filter's numbers, `slice` apart, to 9 taps, `step` apart.
template <class K> DRISHTI_INLINE void winograd_taps(const float* from, ptrdiff_t slice, float* to, ptrdiff_t step) {
  constexpr int N = K::WEIGHTS;
  F s[3][N];
  for (int j = 0; j < N; ++j) {
    F m[N], y[3];
    for (int i = 0; i < N; ++i) m[i] = load<F>(from + (N * i + j) * slice);
    K::unfilter(m, y);
    for (int i = 0; i < 3; ++i) s[i][j] = y[i];
  }
  for (int i = 0; i < 3; ++i, to += 3 * step) {
    F y[3];
    K::unfilter(s[i], y);
    for (int j = 0; j < 3; ++j) store(to + j * step, y[j]);
  }
}

template <class Fn> static auto of_weight_kind(int32_t stride, int32_t tile, Fn&& run) {
  if (stride == 2) return run(KindTag<Halving>{});
  return tile == 4 ? run(KindTag<UnitStride<4>>{}) : run(KindTag<UnitStride<2>>{});
}

struct WinogradWeightPlan {
  bool empty, direct, direct_gradient;
  int vectors;
  KindSizes kind;
  int32_t bias_term;  // which number of a gradient is the sum of a tile's
  int32_t width, blocks, part_blocks, block_parts;
  int32_t part, parts;          // input channels of a chunk
  int32_t down, across, tiles;  // tiles of an image, of all
  int32_t group, groups, pass;  // tiles
  int32_t columns;              // of a copied input
  ptrdiff_t pitch, slice, gradient_pitch, gradient_slice, sum_slice;
  size_t partial, bias_in_partial;
  size_t gradient_at, sums_at, copy_at, gradient_copy_at, temp_at, per_thread, spots_at, shared;

  WinogradWeightPlan(const FusedShape& s, const Source& x, const Source& g, int32_t tile) {
    empty = s.batch <= 0 || s.out_height <= 0 || s.out_width <= 0 || s.in_channels <= 0 || s.out_channels <= 0;
    per_thread = shared = 0;
    if (empty) return;
    kind = of_weight_kind(s.stride_height, tile, [](auto tag) { return KindSizes::of<typename decltype(tag)::Kind>(); });
    bias_term = s.stride_height == 2 ? 4 : kind.side == 4 ? kind.sums : 5;
    vectors = vectors_for(s.out_channels);
    width = vectors * LANES;
    blocks = ceil_div(s.out_channels, width);
    block_parts = ceil_div(blocks * width, greater(WEIGHT_PART, width));
    part_blocks = ceil_div(blocks, block_parts);
    block_parts = ceil_div(blocks, part_blocks);
    part = int32_t(round_up(ceil_div(s.in_channels, ceil_div(s.in_channels, WEIGHT_PART)), LANES));
    parts = ceil_div(s.in_channels, part);
    down = ceil_div(s.out_height, kind.side);
    across = ceil_div(s.out_width, kind.side);
    tiles = s.batch * down * across;
    const auto within = [&](int32_t size, int32_t out, int32_t pad) { return pad <= x.place.border && (out - 1) * s.stride_height + 2 - pad < size + x.place.border; };
    direct = x.plain() && x.place.nhwc && within(s.in_height, s.out_height, s.pad_top) && within(s.in_width, s.out_width, s.pad_left);
    direct_gradient = g.plain() && g.place.nhwc && s.out_height % kind.side == 0 && s.out_width % kind.side == 0;
    columns = kind.move * (across - 1) + kind.reach;

    bias_in_partial = size_t(blocks) * s.in_channels * 9 * width;
    partial = bias_in_partial + size_t(blocks) * width;
    const int32_t wanted = chunks_for(double(tiles) * kind.count * s.out_channels * s.in_channels);
    groups = clamp_to(ceil_div(wanted, block_parts * parts), 1, ceil_div(tiles, WEIGHT_TILES));
    while (groups > 1 && groups * partial * 4 > PARTIAL_BYTES) groups /= 2;
    group = ceil_div(tiles, groups);
    groups = ceil_div(tiles, group);
    pass = ceil_div(group, ceil_div(group, WEIGHT_TILES));

    // 64 bytes more than a multiple of 4 KB: the terms of a tile lie in different sets of L1.
    const auto apart = [](size_t floats) { return ptrdiff_t(round_up(floats, 1024)) + 16; };
    pitch = part;
    slice = apart(size_t(pass) * pitch);
    gradient_pitch = ptrdiff_t(part_blocks) * width;
    gradient_slice = apart(pass * gradient_pitch);
    sum_slice = apart(part_blocks * part * width);
    gradient_at = round_up(kind.sources * slice * 4, 128);
    sums_at = round_up(gradient_at + (kind.sums + (bias_term == kind.sums)) * gradient_slice * 4, 128);
    copy_at = round_up(sums_at + kind.weights * sum_slice * 4, 128);
    gradient_copy_at = round_up(copy_at + (direct ? 0 : kind.reach * columns * pitch * 4), 128);
    temp_at = round_up(gradient_copy_at + (direct_gradient ? 0 : kind.side * kind.side * across * gradient_pitch * 4), 128);
    per_thread = round_up(temp_at + (x.scratch() > g.scratch() ? x.scratch() : g.scratch()) * 4, 128);
    spots_at = round_up(groups * partial * 4, 128);
    shared = round_up(spots_at + part * sizeof(Spot), 128);
  }
};

struct WinogradWeightCall {
  const FusedShape& s;
  const WinogradWeightPlan& p;
  const Source& x;
  const Source& g;
  float* weight;
  float* bias;  // or null
  float* partials;
  Spot* spots;

  template <class Fn> DRISHTI_INLINE auto with_kind(Fn&& run) const { return of_weight_kind(s.stride_height, p.kind.side, run); }

  struct Chunk {
    int32_t first_block, blocks, first, channels;
    float *input, *gradient, *sums, *copy, *gradient_copy, *temp;
  };

  void run_chunk(int32_t index, Context& context, int32_t thread) const {
    char* scratch = context.scratch_of<char>(thread);
    const auto at = [&](size_t offset) { return reinterpret_cast<float*>(scratch + offset); };
    Chunk c;
    c.first_block = index % p.block_parts * p.part_blocks;
    c.blocks = lesser(p.part_blocks, p.blocks - c.first_block);
    index /= p.block_parts;
    c.first = index % p.parts * p.part;
    c.channels = lesser(p.part, s.in_channels - c.first);
    const int32_t group = index / p.parts, begin = group * p.group, end = lesser(begin + p.group, p.tiles);
    c.input = at(0), c.gradient = at(p.gradient_at), c.sums = at(p.sums_at);
    c.copy = at(p.copy_at), c.gradient_copy = at(p.gradient_copy_at), c.temp = at(p.temp_at);
    float* const to = partials + group * p.partial;
    for (int32_t tile = begin; tile < end; tile += p.pass) {
      const int32_t count = lesser(p.pass, end - tile);
      for (int32_t t = 0; t < count;) {  // tiles side by side in one row of tiles
        const int32_t all = tile + t, column = all % p.across, row = all / p.across % p.down, n = all / p.across / p.down;
        const int32_t some = lesser(p.across - column, count - t);
        transform_input(c, t, some, n, row, column);
        transform_gradient(c, t, some, n, row, column);
        t += some;
      }
      if (bias && c.first == 0) add_bias(c, count, tile == begin, to + p.bias_in_partial);
      multiply(c, count, tile == begin);
    }
    for (int32_t b = 0; b < c.blocks; ++b)
      for (int32_t i = 0; i < c.channels; ++i)
        for (int32_t l = 0; l < p.width; l += LANES)
          with_kind([&](auto tag) {
            winograd_taps<typename decltype(tag)::Kind>(c.sums + (ptrdiff_t(b) * p.part + i) * p.width + l, p.sum_slice, to + (ptrdiff_t(c.first_block + b) * s.in_channels + c.first + i) * 9 * p.width + l, p.width);
          });
  }

  void transform_input(const Chunk& c, int32_t t, int32_t count, int32_t n, int32_t y, int32_t column) const {
    const float* rows[6];
    const int32_t first = p.kind.move * y - s.pad_top, left = p.kind.move * column, height = p.kind.reach;
    int32_t columns = p.columns;
    ptrdiff_t pixel = p.pitch;
    if (p.direct) {
      const int32_t last = s.in_height + x.place.border - 1;
      for (int32_t i = 0; i < height; ++i) rows[i] = x.data + x.place.at(n, lesser(first + i, last), left - s.pad_left) + c.first;
      columns = s.in_width + x.place.border + s.pad_left;
      pixel = x.place.pixel;
    } else {
      x.rows(n, first, height, s.pad_left, columns, c.first, c.channels, int32_t(p.pitch), c.copy, c.temp);
      for (int32_t i = 0; i < height; ++i) rows[i] = c.copy + (ptrdiff_t(i) * columns + left) * pixel;
    }
    with_kind([&](auto tag) {
      winograd_source<typename decltype(tag)::Kind>(rows, columns - left, pixel, count, c.channels, c.input + t * p.pitch, p.pitch, p.slice);
    });
  }

  void transform_gradient(const Chunk& c, int32_t t, int32_t count, int32_t n, int32_t y, int32_t column) const {
    const int32_t channel = c.first_block * p.width, channels = lesser(c.blocks * p.width, s.out_channels - channel);
    const float* from = g.data + g.place.at(n, p.kind.side * y, p.kind.side * column) + channel;
    ptrdiff_t pixel = g.place.pixel, row = g.place.row;
    if (!p.direct_gradient) {
      pixel = p.gradient_pitch;
      row = p.kind.side * p.across * pixel;
      g.rows(n, p.kind.side * y, p.kind.side, 0, p.kind.side * p.across, channel, channels, int32_t(pixel), c.gradient_copy, c.temp);
      from = c.gradient_copy + p.kind.side * column * pixel;
    }
    with_kind([&](auto tag) { lift_tiles<typename decltype(tag)::Kind>(from, row, pixel, channels, c.blocks, count, c.gradient + ptrdiff_t(t) * p.width); });
  }
  template <class K>
  __attribute__((noinline)) void lift_tiles(const float* from, ptrdiff_t row, ptrdiff_t pixel, int32_t channels, int32_t blocks, int32_t count, float* to) const {
    constexpr int M = K::SIDE, NUMBERS = K::SUMS * K::SUMS;
    for (int32_t k = 0; k < count; ++k, from += M * pixel, to += p.width)
      for (int32_t b = 0; b < blocks; ++b)
        for (int32_t l = 0; l < p.width; l += LANES) {
          const int32_t at = b * p.width + l, live = channels - at;
          float* const place = to + ptrdiff_t(b) * p.pass * p.width + l;
          if (live <= 0) {
            for (int32_t term = 0; term < NUMBERS + (M == 4); ++term) store(place + term * p.gradient_slice, F{});
            continue;
          }
          const F sum = live >= LANES ? winograd_gradient<K, true>(from + at, row, pixel, live, place, p.gradient_slice)
                                      : winograd_gradient<K, false>(from + at, row, pixel, live, place, p.gradient_slice);
          if constexpr (M == 4) store(place + NUMBERS * p.gradient_slice, sum);
        }
  }

  void add_bias(const Chunk& c, int32_t count, bool begins, float* to) const {
    for (int32_t b = 0; b < c.blocks; ++b)
      for (int32_t l = 0; l < p.width; l += LANES) {
        const float* from = c.gradient + p.bias_term * p.gradient_slice + ptrdiff_t(b) * p.pass * p.width + l;
        float* const at = to + (c.first_block + b) * p.width + l;
        F sum{};
        for (int32_t t = 0; t < count; ++t) sum += load<F>(from + ptrdiff_t(t) * p.width);
        store(at, begins ? sum : load<F>(at) + sum);
      }
  }

  void multiply(const Chunk& c, int32_t count, bool begins) const {
    const Stretch all = {0, count};
    // Two tiles of 4 and 3 or 4 rows rather than a whole one and a rest of 1 or 2, which would wait for itself.
    const int32_t rest = c.channels % TILE_ROWS, uneven = TILE_ROWS == 6 && (rest == 1 || rest == 2) && c.channels > TILE_ROWS ? rest + TILE_ROWS : 0;
    for (int32_t i = 0; i < p.kind.count; ++i)
      for (int32_t b = 0; b < c.blocks; ++b) {
        const Product q = p.kind.products[i];
        const bool first = begins && (i == 0 || p.kind.products[i - 1].weight != q.weight);
        const TileCall call = {c.input + q.source * p.slice, c.gradient + q.sum * p.gradient_slice + ptrdiff_t(b) * p.pass * p.width, &all, 1, p.pitch, first ? ZEROS : nullptr, nullptr,
                               c.sums + q.weight * p.sum_slice + ptrdiff_t(b) * p.part * p.width};
        const int32_t whole = c.channels - uneven;
        if (whole) run_tiles(p.vectors, call, spots, whole);
        if (uneven) run_tiles(p.vectors, call, spots + whole, 4), run_tiles(p.vectors, call, spots + whole + 4, uneven - 4);
      }
  }

  // Adds the partial sums of a block and some channels into the first, in order; then OIHW.
  void finish(int32_t piece) const {
    const int32_t block = piece / p.parts, first = piece % p.parts * p.part, channels = lesser(p.part, s.in_channels - first), channel = block * p.width;
    float* sums = partials + (size_t(block) * s.in_channels + first) * 9 * p.width;
    add_groups(sums, channels * 9 * p.width, p.groups, p.partial);
    transpose(sums, p.width, channels * 9, lesser(p.width, s.out_channels - channel), weight + (ptrdiff_t(channel) * s.in_channels + first) * 9, ptrdiff_t(s.in_channels) * 9);
  }
};

static void run_winograd_weight(const FusedShape& s, const Source& x, const Source& g, int32_t tile, float* weight, float* bias, Context& context) {
  const WinogradWeightPlan plan(s, x, g, tile);
  if (plan.empty) {
    __builtin_memset(weight, 0, size_t(s.out_channels) * s.in_channels * 9 * 4);
    if (bias) __builtin_memset(bias, 0, size_t(s.out_channels) * 4);
    return;
  }
  float* const partials = reinterpret_cast<float*>(context.shared);
  Spot* const spots = reinterpret_cast<Spot*>(context.shared + plan.spots_at);
  for (int32_t i = 0; i < plan.part; ++i) spots[i] = {i, ptrdiff_t(i) * plan.width};
  const WinogradWeightCall call = {s, plan, x, g, weight, bias, partials, spots};
  context.each(plan.groups * plan.parts * plan.block_parts, [&](int32_t i, int32_t thread) { call.run_chunk(i, context, thread); });
  if (bias) {
    float* const sums = partials + plan.bias_in_partial;
    add_groups(sums, plan.blocks * plan.width, plan.groups, plan.partial);
    copy_row(bias, sums, s.out_channels);
  }
  context.each(plan.blocks * plan.parts, [&](int32_t piece, int32_t) { call.finish(piece); });
}

}  // namespace DRISHTI_NS
}  // namespace drishti
