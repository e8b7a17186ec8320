// 3x3 convolution with stride 1 or 2, and the input's gradient of that with stride 2, by Winograd's algorithm: the kinds of
// conv-winograd-kind.h; weights are transformed by conv2d_winograd_pack.
//
//   source   transformed for each chunk: [number of the source][tile][channel]
//   weights  [number of the filter][block of lanes][channel][lane]
//   sums     [block][number of the sum][tile][lane]; each of a kind's products is one of matrices, tiles by lanes
//
// A chunk is some tiles of outputs, counted over all images, and some blocks of lanes. Tiles that reach over the end compute
// outputs that are left out. Every output comes from its own tile alone, whatever the chunks.
#pragma once
#include "conv-nhwc.h"
#include "conv-winograd-kind.h"

namespace drishti {
namespace DRISHTI_NS {

constexpr size_t TILE_BYTES = 192 << 10;  // of transformed source in a chunk, and of sums
constexpr int32_t FEW_TILES = 4 * TILE_ROWS;  // fewer make weights dear
constexpr int32_t PART_LANES = 64;  // of a chunk, at least: each part transforms the source anew

// Calls with the kind's tag. `tile`: of stride 1.
template <class Fn> static auto of_kind(const Axis& axis, int32_t tile, Fn&& run) {
  if (axis.stride == 2 && axis.reversed) return axis.padding % 2 ? run(KindTag<Doubling<true>>{}) : run(KindTag<Doubling<false>>{});
  if (axis.stride == 2) return run(KindTag<Halving>{});
  return tile == 4 ? run(KindTag<UnitStride<4>>{}) : run(KindTag<UnitStride<2>>{});
}

struct WinogradPlan {
  bool empty, direct;
  int vectors;
  KindSizes kind;
  int32_t width, blocks;
  int32_t down, across, tiles;    // tiles of an image, of all
  int32_t group, groups;          // tiles of a chunk
  int32_t part, parts, some;      // blocks of a chunk, and of those whose sums are held at once
  int32_t passes, pass;           // over channels
  int32_t columns;                // of a copied source
  ptrdiff_t pixel, pitch, slice, sum_slice;
  size_t weights;
  bool repacks;  // they come in blocks of another width
  size_t sums_at, copy_at, tile_at, temp_at, per_thread, spots_at, shared;

  WinogradPlan(const Gather& g, const Source& s, const Tail& t, int32_t panel, int32_t tile) {
    empty = g.batch <= 0 || g.dest_channels <= 0 || g.y.dest <= 0 || g.x.dest <= 0;
    per_thread = shared = 0;
    if (empty) return;
    kind = of_kind(g.y, tile, [](auto tag) { return KindSizes::of<typename decltype(tag)::Kind>(); });
    vectors = vectors_for(g.dest_channels);
    width = vectors * LANES;
    blocks = ceil_div(g.dest_channels, width);
    down = ceil_div(g.y.dest, kind.side);
    across = ceil_div(g.x.dest, kind.side);
    tiles = g.batch * down * across;
    pixel = g.source_channels;
    pitch = ptrdiff_t(round_up(g.source_channels, LANES));
    passes = ceil_div(g.source_channels, PASS);
    if (passes < 1) passes = 1;
    pass = ceil_div(g.source_channels, passes);
    const auto within = [&](const Axis& a) { return a.lead <= s.place.border && (a.steps() - 1) * a.move + a.reach - a.lead < a.source + s.place.border; };
    direct = s.plain() && s.place.nhwc && within(g.y) && within(g.x);
    columns = kind.move * (across - 1) + kind.reach;

    const int32_t most = clamp_to(int32_t(TILE_BYTES / (kind.sources * 4 * (pitch > 0 ? pitch : 1))) / TILE_ROWS * TILE_ROWS, FEW_TILES, 16 * TILE_ROWS);
    groups = greater(1, (tiles + most / 2) / most);
    const int32_t wanted = chunks_for(double(tiles) * kind.count * g.dest_channels * g.source_channels);
    if (groups < wanted) groups = clamp_to(tiles / FEW_TILES, groups, wanted);
    group = ceil_div(tiles, groups);
    if (groups > 2) group = int32_t(round_up(group, TILE_ROWS));
    groups = ceil_div(tiles, group);
    parts = groups < wanted ? clamp_to(ceil_div(wanted, groups), 1, greater(1, blocks * width / PART_LANES)) : 1;
    part = ceil_div(blocks, parts);
    parts = ceil_div(blocks, part);

    // 64 bytes more than a multiple of 4 KB: the terms of a tile lie in different sets of L1.
    slice = ptrdiff_t(round_up(size_t(group) * pitch, 1024)) + 16;
    sum_slice = ptrdiff_t(group) * width + 16;
    some = clamp_to(int32_t(TILE_BYTES / 2 / (kind.sums * sum_slice * 4)), 1, part);
    weights = size_t(kind.weights) * blocks * g.source_channels * width;
    sums_at = round_up(size_t(kind.sources) * slice * 4, 128);
    copy_at = round_up(sums_at + size_t(some) * kind.sums * sum_slice * 4, 128);
    tile_at = round_up(copy_at + (direct ? 0 : kind.reach * columns * pixel * 4), 128);
    temp_at = round_up(tile_at + (t.place.nhwc ? 0 : size_t(kind.side) * kind.side * across * width * 4), 128);
    per_thread = round_up(temp_at + s.scratch() * 4, 128);
    repacks = panel != width;
    spots_at = round_up(repacks ? weights * 4 : 0, 128);
    shared = round_up(spots_at + size_t(group) * sizeof(Spot), 128);
  }
};

struct WinogradCall {
  const Gather& g;
  const WinogradPlan& p;
  const Source& source;
  const Tail& tail;
  const float* weight;  // in blocks of p.width
  Spot* spots;

  struct Chunk {
    int32_t first, count;       // tiles
    int32_t block, end_block;
    float *terms, *sums, *copy, *tile, *temp;
  };

  void run_chunk(int32_t index, Context& context, int32_t thread) const {
    char* scratch = context.scratch_of<char>(thread);
    Chunk c;
    c.block = index % p.parts * p.part;
    c.end_block = lesser(c.block + p.part, p.blocks);
    c.first = index / p.parts * p.group;
    c.count = lesser(p.group, p.tiles - c.first);
    const auto at = [&](size_t offset) { return reinterpret_cast<float*>(scratch + offset); };
    c.terms = at(0), c.sums = at(p.sums_at), c.copy = at(p.copy_at), c.tile = at(p.tile_at), c.temp = at(p.temp_at);
    // Tiles side by side in one row of tiles.
    const auto each_run = [&](auto&& run) DRISHTI_LAMBDA_INLINE {
      for (int32_t t = 0; t < c.count;) {
        const int32_t all = c.first + t, x = all % p.across, y = all / p.across % p.down, n = all / p.across / p.down;
        const int32_t some = lesser(p.across - x, c.count - t);
        run(t, some, n, y, x);
        t += some;
      }
    };
    each_run([&](int32_t t, int32_t count, int32_t n, int32_t y, int32_t x) { transform(c, t, count, n, y, x); });
    for (int32_t block = c.block; block < c.end_block; block += p.some) {
      const int32_t end = lesser(block + p.some, c.end_block);
      multiply(c, block, end);
      for (int32_t b = block; b < end; ++b)
        each_run([&](int32_t t, int32_t count, int32_t n, int32_t y, int32_t x) {
          const float* sums = c.sums + ptrdiff_t(b - block) * p.kind.sums * p.sum_slice + ptrdiff_t(t) * p.width;
          if (tail.place.nhwc) finish(sums, b, count, n, y, x);
          else finish_planes(sums, b, count, n, y, x, c.tile);
        });
    }
    if (c.block == 0)
      each_run([&](int32_t, int32_t count, int32_t n, int32_t y, int32_t x) {
        if (x + count < p.across) return;
        const int32_t rows = p.kind.side / tail.pool_height;
        zero_border(tail.out, tail.place, n, lesser(y * rows, tail.place.height), y == p.down - 1 ? tail.place.height : (y + 1) * rows);
      });
  }

  void transform(const Chunk& c, int32_t t, int32_t count, int32_t n, int32_t y, int32_t x) const {
    const float* rows[6];
    const int32_t first = p.kind.move * y - g.y.lead, left = p.kind.move * x, height = p.kind.reach;
    int32_t columns = p.columns;
    if (p.direct) {
      const int32_t last = g.y.source + source.place.border - 1;
      for (int32_t i = 0; i < height; ++i) rows[i] = source.data + source.place.at(n, lesser(first + i, last), left - g.x.lead);
      columns = g.x.source + source.place.border + g.x.lead;
    } else {
      source.rows(n, first, height, g.x.lead, p.columns, 0, int32_t(p.pixel), int32_t(p.pixel), c.copy, c.temp);
      for (int32_t i = 0; i < height; ++i) rows[i] = c.copy + (ptrdiff_t(i) * p.columns + left) * p.pixel;
    }
    of_kind(g.y, p.kind.side, [&](auto tag) {
      winograd_source<typename decltype(tag)::Kind>(rows, columns - left, p.pixel, count, g.source_channels, c.terms + t * p.pitch, p.pitch, p.slice);
    });
  }

  void multiply(const Chunk& c, int32_t block, int32_t end) const {
    const ptrdiff_t panel = ptrdiff_t(g.source_channels) * p.width;
    for (const Product* q = p.kind.products; q < p.kind.products + p.kind.count;) {
      const Product* const first = q;  // of those with this filter number
      while (q < p.kind.products + p.kind.count && q->weight == first->weight) ++q;
      for (int32_t b = block; b < end; ++b) {
        const float* w = weight + (ptrdiff_t(first->weight) * p.blocks + b) * panel;
        for (int32_t i = 0; i < p.passes; ++i) {
          const Stretch all = {i * p.pass, lesser(p.pass, g.source_channels - i * p.pass)};
          const float* const next = w + ptrdiff_t(all.length) * p.width;
          for (const Product* with = first; with < q; ++with) {
            TileCall call = {c.terms + with->source * p.slice, w, &all, 1, 1, i == 0 && with->first ? ZEROS : nullptr, nullptr, c.sums + (ptrdiff_t(b - block) * p.kind.sums + with->sum) * p.sum_slice};
            if (with == first && next + ptrdiff_t(all.length) * p.width <= weight + p.weights) {
              call.ahead = next;
              call.ahead_bytes = p.width * 4 * TILE_ROWS / greater(c.count, TILE_ROWS) + 1;
            }
            run_tiles(p.vectors, call, spots, c.count);
          }
          w = next;
        }
      }
    }
  }

  // Tiles side by side, to NHWC.
  void finish(const float* sums, int32_t block, int32_t count, int32_t n, int32_t y, int32_t x) const {
    const int32_t channel = block * p.width, size = p.kind.side / tail.pool_height;
    run_finish(sums, count, n, y, x, channel, tail.out + tail.place.at(n, y * size, x * size) + channel, tail.place.pixel, tail.place.row, lesser(p.width, g.dest_channels - channel));
  }
  // To NCHW: at first to rows of pixels.
  void finish_planes(const float* sums, int32_t block, int32_t count, int32_t n, int32_t y, int32_t x, float* tile) const {
    const int32_t channel = block * p.width, size = p.kind.side / tail.pool_height;
    const ptrdiff_t row = ptrdiff_t(p.kind.side) * p.across * p.width;
    run_finish(sums, count, n, y, x, channel, tile, p.width, row, p.width);
    const int32_t pixels = lesser(count * size, tail.place.width - x * size);
    for (int32_t i = 0; i < size && y * size + i < tail.place.height && pixels > 0; ++i)
      transpose(tile + i * row, p.width, pixels, lesser(p.width, g.dest_channels - channel), tail.out + tail.place.at(n, y * size + i, x * size) + channel * tail.place.channel, tail.place.channel);
  }

  // `stored` lanes of each pixel.
  void run_finish(const float* sums, int32_t count, int32_t n, int32_t y, int32_t x, int32_t channel, float* to, ptrdiff_t pixel, ptrdiff_t row, int32_t stored) const {
    const int32_t lanes = lesser(p.width, g.dest_channels - channel), size = p.kind.side / tail.pool_height;
    const float* residual = tail.residual ? tail.residual + tail.residual_place.at(n, p.kind.side * y, p.kind.side * x) + channel * tail.residual_place.channel : nullptr;
    const bool whole = lanes == p.width && (!residual || tail.residual_place.nhwc);
    uint8_t* const index = tail.index ? tail.index + ((ptrdiff_t(n) * tail.place.height + y * size) * tail.place.width + x * size) * tail.place.channels + channel : nullptr;
    const auto run = of_kind(g.y, p.kind.side, [&](auto tag) { return finish_of<typename decltype(tag)::Kind>(whole); });
    (this->*run)(sums, count, y, x, channel, stored, lanes, residual, to, pixel, row, index);
  }
  using Finish = void (WinogradCall::*)(const float*, int32_t, int32_t, int32_t, int32_t, int32_t, int32_t, const float*, float*, ptrdiff_t, ptrdiff_t, uint8_t*) const;
  template <class K> Finish finish_of(bool whole) const {
    if constexpr (K::TURNS)  // stride 1
      if (tail.pool_height == 2) return whole ? &WinogradCall::finish_run<K, 2, true> : &WinogradCall::finish_run<K, 2, false>;
    return whole ? &WinogradCall::finish_run<K, 1, true> : &WinogradCall::finish_run<K, 1, false>;
  }

  // P: the window.
  template <class K, int P, bool WHOLE>
  __attribute__((noinline)) void finish_run(const float* sums, int32_t count, int32_t y, int32_t x, int32_t channel, int32_t stored, int32_t lanes, const float* residual, float* to, ptrdiff_t pixel, ptrdiff_t row, uint8_t* index) const {
    constexpr int M = K::SIDE;
    const Place& r = tail.residual_place;
    const bool relu = tail.relu, six = tail.six;
    const int32_t channels = tail.place.channels;
    const auto clip = [&](F v) DRISHTI_LAMBDA_INLINE {
      if (relu) v = bits<F>(bits<I>(v) & ~I(v <= 0.0f));  // NaN passes
      if (six) v = select(v > 6.0f, splat<F>(6.0f), v);
      return v;
    };
    // Whole windows of the tile.
    const int32_t below = lesser(g.y.dest - M * y, M) / P;
    for (int32_t t = 0; t < count; ++t, sums += p.width) {
      const int32_t right = lesser(g.x.dest - M * (x + t), M) / P;
      for (int32_t l = 0; l < p.width; l += LANES) {
        const int32_t live = WHOLE ? LANES : lanes - l, stores = WHOLE ? LANES : stored - l;
        if (live <= 0) break;
        const F bias = tail.bias ? load_some(tail.bias + channel + l, live) : F{};
        F s[M][K::SUMS];
        winograd_columns<K>(sums + l, p.sum_slice, s);
#pragma GCC unroll 4
        for (int i = 0; i < M / P; ++i) {
          if (i >= below) break;
          F v[P][M];
          for (int q = 0; q < P; ++q) {
            K::gather(s[i * P + q], v[q]);
            for (int k = 0; k < M; ++k) {
              v[q][k] += bias;
              if (!residual || k >= right * P) continue;
              const float* from = residual + (M * t + k) * r.pixel + (i * P + q) * r.row + l * r.channel;
              if (WHOLE || r.nhwc) v[q][k] += load_some(from, live);
              else
                for (int32_t lane = 0; lane < LANES && lane < live; ++lane) v[q][k][lane] += from[lane * r.channel];
            }
          }
          for (int j = 0; j < M / P; ++j) {
            if (j >= right) break;
            Largest largest(v[0][j * P]);
            for (int q = 1; q < P * P; ++q) largest.meet(v[q / P][j * P + q % P], q);
            const auto [best, winner] = largest;
            const ptrdiff_t at = t * (M / P) + j;
            store_some(to + at * pixel + i * row + l, clip(best), stores);
            if (index) store_bytes(index + (ptrdiff_t(i) * tail.place.width + at) * channels + l, relu ? select(best <= 0.0f, I{} + P * P, winner) : winner, live);
          }
        }
      }
    }
  }

  // Weights in blocks of another width, from those of `panel`.
  void repack(const float* from, int32_t panel, float* to) const {
    const int32_t theirs = ceil_div(g.dest_channels, panel);
    for (int32_t term = 0; term < p.kind.weights; ++term)
      for (int32_t b = 0; b < p.blocks; ++b)
        for (int32_t c = 0; c < g.source_channels; ++c)
          for (int32_t lane = 0; lane < p.width; ++lane) {
            const int32_t o = b * p.width + lane;
            *to++ = o < g.dest_channels ? from[((ptrdiff_t(term) * theirs + o / panel) * g.source_channels + c) * panel + o % panel] : 0.0f;
          }
  }
};

// `weight` as conv2d_winograd_pack makes it.
static void run_winograd(const Gather& g, const Source& source, const Tail& tail, const float* weight, int32_t panel, int32_t tile, Context& context) {
  const WinogradPlan plan(g, source, tail, panel, tile);
  if (plan.empty) {
    if (g.batch > 0 && tail.place.image > 0) __builtin_memset(tail.out, 0, size_t(g.batch) * tail.place.image * 4);
    return;
  }
  float* const own = reinterpret_cast<float*>(context.shared);
  Spot* const spots = reinterpret_cast<Spot*>(context.shared + plan.spots_at);
  for (int32_t t = 0; t < plan.group; ++t) spots[t] = {t * plan.pitch, ptrdiff_t(t) * plan.width};
  const WinogradCall call = {g, plan, source, tail, plan.repacks ? own : weight, spots};
  if (plan.repacks) call.repack(weight, panel, own);
  context.each(plan.groups * plan.parts, [&](int32_t i, int32_t thread) { call.run_chunk(i, context, thread); });
}

}  // namespace DRISHTI_NS
}  // namespace drishti
