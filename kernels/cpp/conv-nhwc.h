// The dense convolution engine of the fused kernels, forward and input gradient: source pixels are broadcast from NHWC, lanes are
// destination channels, and what follows (residual, ReLU, pool) is done while the sums of some pixels are in L1.
//
//   source    NHWC as it lies, where its border is wide enough; else a padded copy, made for each chunk. A source of few
//             channels in NCHW: padded planes.
//   weights   [group][block of lanes][phase][tap][channel][lane] (planes: [channel][tap]); read as they lie where conv2d_pack
//             made them so, else packed for each call
//   sums      [window][position in it][lane] of one block: pixels are walked window by window, so that the pool reads in order
//
// A chunk is some images, or a band of rows of one. k is cut into equal passes, so short that the weights of one stay in L1.
// The axes and their phases are those of conv-gather.h.
#pragma once
#include "conv-nhwc-plan.h"

namespace drishti {
namespace DRISHTI_NS {

struct NhwcCall {
  const Gather& g;
  const NhwcPlan& p;
  const Source& source;
  const Tail& tail;
  Weight weight;
  float* own;           // room for packed weights
  const float* packed;  // what is read
  float* packed_bias;
  int32_t* taps;
  NhwcPhase* phases;
  NhwcPass* passes;
  Stretch* runs;
  Spot* spots;
  Spot* ends;

  NhwcCall(const Gather& gather, const NhwcPlan& plan, const Source& s, const Tail& t, const Weight& w, char* shared)
      : g(gather), p(plan), source(s), tail(t), weight(w), own(reinterpret_cast<float*>(shared)),
        packed(w.panel == p.width && w.planes == p.planes && t.scale == nullptr ? w.data : own),
        packed_bias(reinterpret_cast<float*>(shared + plan.bias_at)), taps(reinterpret_cast<int32_t*>(shared + plan.taps_at)),
        phases(reinterpret_cast<NhwcPhase*>(shared + plan.phases_at)), passes(reinterpret_cast<NhwcPass*>(shared + plan.passes_at)),
        runs(reinterpret_cast<Stretch*>(shared + plan.runs_at)), spots(reinterpret_cast<Spot*>(shared + plan.spots_at)), ends(reinterpret_cast<Spot*>(shared + plan.ends_at)) {}

  // Taps, passes and runs of each phase, in the order that ascends in memory, and its pixels.
  void list() const {
    int32_t tap = 0, pass = 0, run = 0;
    for (int32_t f = 0; f < p.phases; ++f) {
      const int32_t py = f / g.x.phases, px = f % g.x.phases;
      NhwcPhase& phase = phases[f];
      phase.first_tap = tap;
      phase.first_pass = pass;
      int32_t k = 0;
      for (int32_t i = 0; i < g.y.taps; ++i)
        for (int32_t j = 0; j < g.x.taps; ++j)
          if (g.y.offset(py, g.y.tap(i)) >= 0 && g.x.offset(px, g.x.tap(j)) >= 0) taps[tap++] = g.y.tap(i) * g.x.taps + g.x.tap(j);
      phase.taps = tap - phase.first_tap;
      k = phase.taps * g.source_channels;
      const int32_t length = k ? ceil_div(k, ceil_div(k, PASS)) : 0;
      passes[pass] = {run, 0, 0, 0};
      const auto add = [&](ptrdiff_t offset, int32_t count, int32_t step) {
        while (count > 0) {
          if (passes[pass].k == length) passes[++pass] = {run, 0, 0, 0};
          NhwcPass& to = passes[pass];
          const int32_t some = lesser(count, length - to.k);
          if (to.runs > 0 && step == 1 && runs[run - 1].offset + runs[run - 1].length == offset) runs[run - 1].length += some;
          else {
            runs[run++] = {int32_t(offset), some};
            ++to.runs;
          }
          to.k += some;
          offset += some * step;
          count -= some;
        }
      };
      if (p.planes) {
        const ptrdiff_t plane = ptrdiff_t(p.rows) * p.columns;
        for (int32_t c = 0; c < g.source_channels; ++c)
          for (int32_t ky = 0; ky < g.y.taps; ++ky) add(c * plane + g.y.offset(0, ky) * p.row, g.x.taps, g.x.dilation);
      } else {
        for (int32_t t = phase.first_tap; t < tap; ++t)
          add(g.y.offset(py, taps[t] / g.x.taps) * p.row + g.x.offset(px, taps[t] % g.x.taps) * p.pixel, g.source_channels, 1);
      }
      phase.passes = ++pass - phase.first_pass;
      for (int32_t i = phase.first_pass; i < pass; ++i) {
        int32_t& same = passes[i].same;
        same = passes[i].runs > 0 && (!p.planes || g.x.dilation == 1) ? runs[passes[i].first_run].length : 0;
        for (int32_t r = 0; r < passes[i].runs; ++r)
          if (runs[passes[i].first_run + r].length != same) same = 0;
      }
      list_spots(py, px, spots + size_t(f) * p.spots);
    }
  }

  void list_spots(int32_t py, int32_t px, Spot* to) const {
    const ptrdiff_t down = g.y.move * p.row, across = g.x.move * p.pixel;
    if (p.phases == 1) {
      ptrdiff_t order = 0;
      const Place &out = tail.place, &residual = tail.residual_place;
      for (int32_t n = 0; n < p.images; ++n)
        for (int32_t y = 0; y < p.band; y += tail.pool_height)
          for (int32_t x = 0; x < g.x.dest; x += tail.pool_width) {
            if (p.ends)
              ends[order / p.window] = {n * residual.image + y * residual.row + x * residual.pixel,
                                        n * out.image + y / tail.pool_height * out.row + x / tail.pool_width * out.pixel};
            for (int32_t i = 0; i < tail.pool_height; ++i)
              for (int32_t j = 0; j < tail.pool_width; ++j, ++order) to[order] = {n * p.image + (y + i) * down + (x + j) * across, order * p.width};
          }
      return;
    }
    for (int32_t n = 0; n < p.images; ++n)
      for (int32_t i = 0; i < p.band; ++i)
        for (int32_t j = 0; j < g.x.steps_of(px); ++j)
          *to++ = {n * p.image + i * down + j * across,
                   ptrdiff_t(n * p.units + (i * g.y.phases + py) * g.x.dest + j * g.x.phases + px) * p.width};
  }

  // Bias and weights of one block, zeros where lanes are padding.
  void pack(int32_t group, int32_t block) const {
    const int32_t first = block * p.width, lanes = lesser(p.width, g.dest_channels - first), channel = group * g.dest_channels + first;
    float* bias = packed_bias + size_t(group * p.blocks + block) * p.width;
    for (int32_t lane = 0; lane < p.width; ++lane) bias[lane] = tail.bias && lane < lanes ? tail.bias[channel + lane] : 0.0f;
    if (packed != own) return;
    float* to = own + size_t(group * p.blocks + block) * p.depth * p.width;
    const float* from = weight.data + group * g.group_stride + first * g.lane_stride;
    if (lanes < p.width) __builtin_memset(to, 0, size_t(p.depth) * p.width * 4);
    if (weight.panel > 0) repack(group, first, lanes, to);
    else if (p.planes) transpose(from, g.lane_stride, lanes, p.depth, to, p.width);
    else
      for (int32_t f = 0; f < p.phases; ++f) {
        const NhwcPhase& phase = phases[f];
        const int32_t* tap = taps + phase.first_tap;
        const ptrdiff_t tap_size = ptrdiff_t(g.source_channels) * p.width;
        for (int32_t c = 0; c < g.source_channels; ++c) {
          const float* of = from + c * g.channel_stride;
          float* row = to + (size_t(phase.first_tap) * g.source_channels + c) * p.width;
          if (p.phases > 1)
            for (int32_t lane = 0; lane < lanes; ++lane)
              for (int32_t t = 0; t < phase.taps; ++t) row[t * tap_size + lane] = of[lane * g.lane_stride + tap[t]];
          else if (p.taps > 0 && tap[0] == 0) transpose(of, g.lane_stride, lanes, p.taps, row, tap_size);
          else if (p.taps > 0) transpose(of, g.lane_stride, lanes, p.taps, row + (p.taps - 1) * tap_size, -tap_size);
        }
      }
    if (tail.scale)
      for (int32_t k = 0; k < p.depth; ++k)
        for (int32_t lane = 0; lane < lanes; ++lane) to[ptrdiff_t(k) * p.width + lane] *= tail.scale[channel + lane];
  }

  // From blocks of another width, or another order of k. Forward, so there is one phase.
  void repack(int32_t group, int32_t first, int32_t lanes, float* to) const {
    const int32_t panel = weight.panel, channels = g.source_channels;
    const float* of_group = weight.data + size_t(group) * ceil_div(g.dest_channels, panel) * p.depth * panel;
    for (int32_t k = 0; k < p.depth; ++k) {
      const int32_t tap = p.planes ? k % p.taps : k / channels, channel = p.planes ? k / p.taps : k % channels;
      const int32_t from = weight.planes ? channel * p.taps + tap : tap * channels + channel;
      for (int32_t lane = 0; lane < lanes; ++lane) {
        const int32_t o = first + lane;
        to[ptrdiff_t(k) * p.width + lane] = of_group[(size_t(o / panel) * p.depth + from) * panel + o % panel];
      }
    }
  }

  struct Chunk {
    int32_t slot, group, image, images, step, steps, block, end_block;
    const float* source;
    float* sums;
    float* tile;
  };

  // The chunk's source: where it lies, or a copy.
  const float* prepare(const Chunk& c, float* copy, float* temp) const {
    const int32_t first = c.step * g.y.move - g.y.lead;
    if (p.direct) return source.data + source.place.at(c.image, first, -g.x.lead) + c.group * g.source_channels;
    const int32_t rows = g.y.span(c.steps);
    for (int32_t n = 0; n < c.images; ++n) {
      float* to = copy + n * p.image;
      if (p.planes) copy_planes(c.image + n, first, rows, to);
      else source.rows(c.image + n, first, rows, g.x.lead, p.columns, 0, int32_t(p.pixel), int32_t(p.pixel), to, temp);
    }
    return copy + c.group * g.source_channels;
  }
  void copy_planes(int32_t n, int32_t first, int32_t rows, float* to) const {
    const int32_t left = clamp_to(g.x.lead, 0, p.columns), right = clamp_to(g.x.source + g.x.lead, left, p.columns);
    const ptrdiff_t plane = ptrdiff_t(p.rows) * p.columns;
    for (int32_t ch = 0; ch < g.source_channels; ++ch)
      for (int32_t r = 0; r < rows; ++r) {
        float* at = to + ch * plane + ptrdiff_t(r) * p.columns;
        const int32_t y = first + r;
        if (y < 0 || y >= g.y.source) {
          zero_row(at, p.columns);
          continue;
        }
        zero_row(at, left);
        copy_row(at + left, source.data + source.place.at(n, y, left - g.x.lead) + ch * source.place.channel, right - left);
        zero_row(at + right, p.columns - right);
      }
  }

  // Passes [from, to) of a phase over `count` spots.
  // `end`: what becomes of the sums of the last one, which writes nothing else; `count` are windows then.
  void sum(const Chunk& c, int32_t block, int32_t f, int32_t from, int32_t to, const Spot* at, int32_t count, float* sums, EndCall* end = nullptr) const {
    const NhwcPhase& phase = phases[f];
    const size_t panel = size_t(c.group * p.blocks + block);
    const float* w = packed + (panel * p.depth + size_t(phase.first_tap) * g.source_channels) * p.width;
    for (int32_t i = 0; i < to; ++i) {
      const NhwcPass& pass = passes[phase.first_pass + i];
      const float* const next = w + size_t(pass.k) * p.width;
      if (i >= from) {
        TileCall call = {c.source, w, runs + pass.first_run, pass.runs, p.planes ? g.x.dilation : 1, i == 0 ? packed_bias + panel * p.width : nullptr, nullptr, sums};
        call.same = pass.same;
        // Where weights come from memory, those of the next pass are fetched by the tiles of this one.
        if (p.fetch && next + size_t(pass.k) * p.width <= packed + p.weights) {
          call.ahead = next;
          call.ahead_bytes = p.width * 4 * TILE_ROWS / greater(end ? count * p.window : count, TILE_ROWS) + 1;
        }
        if (end) {
          end->sums = call;
          run_end_tiles(p.vectors, p.window, *end, at, ends + (at - spots) / p.window, count);
        } else run_tiles(p.vectors, call, at, count);
      }
      w = next;
    }
  }

  void run_chunk(int32_t index, Context& context, int32_t thread) const {
    char* scratch = context.scratch_of<char>(thread);
    Chunk c;
    c.slot = index / p.parts;
    c.block = index % p.parts * p.part;
    c.end_block = lesser(c.block + p.part, p.blocks);
    index /= p.parts;
    c.step = index % p.bands * p.band;
    c.steps = lesser(p.band, p.steps - c.step);
    index /= p.bands;
    c.image = index % p.image_groups * p.images;
    c.images = lesser(p.images, g.batch - c.image);
    c.group = index / p.image_groups;
    c.sums = reinterpret_cast<float*>(scratch + p.sums_at);
    c.tile = reinterpret_cast<float*>(scratch + p.tile_at);
    c.source = prepare(c, reinterpret_cast<float*>(scratch), reinterpret_cast<float*>(scratch + p.temp_at));

    const int32_t rows = lesser(c.steps * g.y.phases, g.y.dest - c.step * g.y.phases);
    const int32_t units = c.images * rows * g.x.dest / p.window;
    for (int32_t block = c.block; block < c.end_block; ++block) {
      if (p.phases == 1) {
        const int32_t wanted = (tail.place.nhwc ? 1 : 2) * WRITE_PIXELS / p.window;
        const int32_t last = phases[0].passes - 1, group = clamp_to(wanted, 1, units);
        if (last > 0) sum(c, block, 0, 0, last, spots, units * p.window, c.sums);
        BlockMoments moments;
        if (p.ends && (block + 1) * p.width <= g.dest_channels) {
          EndCall end = end_of(c, block);
          const int32_t group = tail.moments ? MOMENT_PIXELS : units;
          for (int32_t u = 0; u < units; u += group) {
            sum(c, block, 0, last, last + 1, spots + u, lesser(group, units - u), c.sums, &end);
            if (tail.moments) add_written(c, block, rows, u, lesser(group, units - u), moments);
          }
          if (tail.moments) save(c, block, moments);
          continue;
        }
        for (int32_t u = 0; u < units; u += group) {
          const int32_t some = lesser(group, units - u);
          // A single pass keeps no sums: each group takes the place of the one before.
          float* sums = last > 0 ? c.sums : c.sums - ptrdiff_t(u) * p.window * p.width;
          sum(c, block, 0, last, last + 1, spots + ptrdiff_t(u) * p.window, some * p.window, sums);
          if (tail.moments) moments.add(p.vectors, sums + ptrdiff_t(u) * p.window * p.width, p.width, some * p.window);
          finish(c, block, rows, u, some, sums + ptrdiff_t(u) * p.window * p.width);
        }
        if (tail.moments) save(c, block, moments);
        continue;
      }
      for (int32_t f = 0; f < p.phases; ++f) {
        const int32_t py = f / g.x.phases, px = f % g.x.phases;
        const int32_t steps = lesser(c.steps, g.y.steps_of(py) - c.step), columns = g.x.steps_of(px);
        if (steps <= 0 || columns <= 0) continue;
        for (int32_t n = 0; n < c.images; ++n)
          sum(c, block, f, 0, phases[f].passes, spots + size_t(f) * p.spots + ptrdiff_t(n) * p.band * columns, steps * columns, c.sums);
      }
      for (int32_t n = 0; n < c.images; ++n) finish(c, block, rows, n * rows * g.x.dest, rows * g.x.dest, c.sums + ptrdiff_t(n) * p.units * p.width);
    }
    if (c.block == 0 && c.group == 0)
      for (int32_t n = 0; n < c.images; ++n)
        zero_border(tail.out, tail.place, c.image + n, c.step * g.y.phases / tail.pool_height, c.step * g.y.phases / tail.pool_height + rows / tail.pool_height);
  }

  // Pixels [first, first + count) of a chunk as they were written, counted over its images.
  void add_written(const Chunk& c, int32_t block, int32_t rows, int32_t first, int32_t count, BlockMoments& moments) const {
    const int32_t wide = g.x.dest;
    while (count > 0) {
      const int32_t row = first / wide, x = first % wide, some = lesser(count, wide - x);
      moments.add(p.vectors, tail.out + tail.place.at(c.image + row / rows, c.step + row % rows, x) + block * p.width, tail.place.pixel, some);
      first += some;
      count -= some;
    }
  }
  void save(const Chunk& c, int32_t block, BlockMoments& moments) const {
    const int32_t first = block * p.width, channels = g.dest_channels;
    moments.save(tail.moments->slots + size_t(c.slot) * 2 * channels + first, channels, lesser(p.width, channels - first));
  }

  EndCall end_of(const Chunk& c, int32_t block) const {
    const int32_t channel = c.group * g.dest_channels + block * p.width, top = c.step / tail.pool_height;
    const float* residual = tail.residual ? tail.residual + tail.residual_place.at(c.image, c.step, 0) + channel : nullptr;
    uint8_t* index = tail.index ? tail.index + ((ptrdiff_t(c.image) * tail.place.height + top) * tail.place.width) * tail.place.channels + channel : nullptr;
    return {{}, tail.out + tail.place.at(c.image, top, 0) + channel, residual, index, tail.place.channels, tail.relu, tail.six};
  }

  // Windows [first, first + count) of a chunk, counted over its images.
  void finish(const Chunk& c, int32_t block, int32_t rows, int32_t first, int32_t count, const float* sums) const {
    const int32_t wide = g.x.dest / tail.pool_width, of_image = rows / tail.pool_height * wide;
    const int32_t channel = c.group * g.dest_channels + block * p.width, lanes = lesser(p.width, g.dest_channels - block * p.width);
    const int32_t top = c.step * g.y.phases / tail.pool_height;
    const float* sign = tail.moments && tail.moments->sign ? tail.moments->sign + channel : nullptr;
    int32_t held = 0;  // pixels in the tile
    while (count > 0) {
      const int32_t n = first / of_image, rest = first % of_image, y = top + rest / wide, x = rest % wide;
      const int32_t some = lesser(count, wide - x);
      const ptrdiff_t at = tail.place.at(c.image + n, y, x) + channel * tail.place.channel;
      uint8_t* index = tail.index ? tail.index + ((ptrdiff_t(c.image + n) * tail.place.height + y) * tail.place.width + x) * tail.place.channels + channel : nullptr;
      const float* residual = tail.residual ? tail.residual + tail.residual_place.at(c.image + n, y * tail.pool_height, x * tail.pool_width) + channel * tail.residual_place.channel : nullptr;
      if (tail.place.nhwc) run_finish(sums, some, tail.out + at, tail.place.pixel, index, residual, sign, lanes);
      else {
        run_finish(sums, some, c.tile + ptrdiff_t(held) * p.width, p.width, index, residual, sign, lanes);
        held += some;
        if (some == count || rest + some == of_image) {  // the rows of a plane follow each other
          transpose(c.tile, p.width, held, lanes, tail.out + at - (held - some), tail.place.channel);
          held = 0;
        }
      }
      sums += ptrdiff_t(some) * p.window * p.width;
      first += some;
      count -= some;
    }
  }
  // `sign`: of these channels, or null.
  void run_finish(const float* sums, int32_t count, float* to, ptrdiff_t pitch, uint8_t* index, const float* residual, const float* sign, int32_t lanes) const {
    if (tail.moments && p.window == 4) return finish_signed(sums, count, to, pitch, index, sign, lanes);
    const auto pick = [&](auto window) DRISHTI_LAMBDA_INLINE {
      constexpr int W = decltype(window)::value;
      if (residual) finish_row<W, true, false>(sums, count, to, pitch, index, residual, lanes);
      else if (lanes == p.width && p.vectors == 2) finish_row<W, false, true>(sums, count, to, pitch, index, nullptr, lanes);
      else finish_row<W, false, false>(sums, count, to, pitch, index, nullptr, lanes);
    };
    if (p.window == 1) pick(Constant<1>{});
    else if (p.window == 4) pick(Constant<4>{});
    else pick(Constant<0>{});
  }
  // 2x2 windows side by side: of each the value whose product with the sign is the largest, the first of equals; NaN wins.
  __attribute__((noinline)) void finish_signed(const float* sums, int32_t count, float* to, ptrdiff_t pitch, uint8_t* index, const float* sign, int32_t lanes) const {
    const int32_t width = p.width, channels = tail.place.channels;
    for (int32_t l = 0; l < lanes; l += LANES) {
      const int32_t live = lanes - l;
      const F factor = sign ? load_some(sign + l, live) : splat<F>(1.0f);
      for (int32_t u = 0; u < count; ++u) {
        const float* from = sums + ptrdiff_t(u) * 4 * width + l;
        F best = load<F>(from), key = best * factor;
        I winner{};
        for (int q = 1; q < 4; ++q) {
          const F v = load<F>(from + q * width), other = v * factor;
          const I better = (other > key) | (other != other);
          best = select(better, v, best);
          key = select(better, other, key);
          winner = select(better, I{} + q, winner);
        }
        store_some(to + u * pitch + l, best, live);
        if (index) store_bytes(index + ptrdiff_t(u) * channels + l, winner, live);
      }
    }
  }
  template <int N> struct Constant { static constexpr int value = N; };

  // Windows side by side: residual, pool, ReLU. NaN wins in the pool and passes ReLU, as in PyTorch. WHOLE: two full vectors.
  template <int WINDOW, bool RESIDUAL, bool WHOLE>
  __attribute__((noinline)) void finish_row(const float* sums, int32_t count, float* to, ptrdiff_t pitch, uint8_t* index, const float* residual, int32_t lanes) const {
    const int32_t window = WINDOW ? WINDOW : p.window;
    const Place& r = tail.residual_place;
    const bool relu = tail.relu;
    const int32_t width = WHOLE ? 2 * LANES : p.width, channels = tail.place.channels, pool_width = tail.pool_width;
    for (int32_t u = 0; u < count; ++u, to += pitch, sums += ptrdiff_t(window) * width) {
      for (int32_t l = 0; l < (WHOLE ? 2 * LANES : lanes); l += LANES) {
        const int32_t live = WHOLE ? LANES : lanes - l;
        const auto value = [&](int32_t q) DRISHTI_LAMBDA_INLINE {
          F v = load<F>(sums + q * width + l);
          if constexpr (RESIDUAL) {
            const float* from = residual + (u * pool_width + q % pool_width) * r.pixel + q / pool_width * r.row + l * r.channel;
            if (r.nhwc) v += load_some(from, live);
            else
              for (int32_t i = 0; i < LANES && i < live; ++i) v[i] += from[i * r.channel];
          }
          return v;
        };
        Largest largest(value(0));
#pragma GCC unroll 3
        for (int32_t q = 1; q < window; ++q) largest.meet(value(q), q);
        auto [best, winner] = largest;
        if (relu) {
          const I dead = best <= 0.0f;
          best = bits<F>(bits<I>(best) & ~dead);
          winner = select(dead, I{} + window, winner);
          if (tail.six) best = select(best > 6.0f, splat<F>(6.0f), best);
        }
        store_some(to + l, best, live);
        if (index) store_bytes(index + ptrdiff_t(u) * channels + l, winner, live);
      }
    }
  }
};

// `shared` is the plan's part of the shared scratch.
static void run_nhwc(const Gather& g, const Source& source, const Tail& tail, const Weight& weight, Context& context, char* shared) {
  const NhwcPlan plan(g, source, tail);
  if (plan.empty) {
    if (g.batch > 0 && tail.place.image > 0) __builtin_memset(tail.out, 0, size_t(g.batch) * tail.place.image * 4);
    return;
  }
  const NhwcCall call(g, plan, source, tail, weight, shared);
  call.list();
  const int32_t panels = g.groups * plan.blocks;
  if (call.packed != call.own || size_t(panels) * plan.depth * plan.width < (16 << 10)) {
    for (int32_t i = 0; i < panels; ++i) call.pack(i / plan.blocks, i % plan.blocks);
  } else {
    context.each(panels, [&](int32_t i, int32_t) { call.pack(i / plan.blocks, i % plan.blocks); });
  }
  context.each(g.groups * plan.image_groups * plan.bands * plan.parts, [&](int32_t i, int32_t thread) { call.run_chunk(i, context, thread); });
}

}  // namespace DRISHTI_NS
}  // namespace drishti
