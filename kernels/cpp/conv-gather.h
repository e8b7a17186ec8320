// The dense convolution engine: what forward and input gradient share. NCHW and OIHW outside; inside, lanes are destination
// channels and source pixels are broadcast from a padded copy whose pixels hold a slab of channels side by side:
//
//   source    [slab][image][row][column][channel of slab]    converted for each chunk, zeros around
//   weights   [group][block of lanes][phase][slab][tap][channel][lane]    packed once for each call
//   sums      [pixel][lane] of one block, turned to NCHW when complete
//
// A chunk is some images, or a band of rows of one; its source stays in L2. For each block of lanes: passes over the source, as
// many k at once as keep the weights in L1; for each pass all pixels, a register tile at a time.
#pragma once
#include "conv-axis.h"
#include "kernel.h"
#include "matmul-tile.h"
#include "matmul-transpose.h"

namespace drishti {
namespace DRISHTI_NS {

struct Gather {
  int32_t batch, groups;
  int32_t source_channels, dest_channels;  // of one group
  Axis y, x;
  // Strides of the weight: from lane to lane, source channel to source channel, group to group; taps are contiguous.
  ptrdiff_t lane_stride, channel_stride, group_stride;
};

// From the parameters of a convolution.
template <class P> static Gather forward_gather(const P& p) {
  Gather g;
  g.batch = p.batch;
  g.groups = p.groups;
  g.source_channels = p.inChannels / p.groups;
  g.dest_channels = p.outChannels / p.groups;
  g.y = forward_axis(p.inHeight, p.outHeight, p.kernelHeight, p.strideHeight, p.padTop, p.dilationHeight);
  g.x = forward_axis(p.inWidth, p.outWidth, p.kernelWidth, p.strideWidth, p.padLeft, p.dilationWidth);
  const ptrdiff_t taps = ptrdiff_t(p.kernelHeight) * p.kernelWidth;
  g.lane_stride = g.source_channels * taps;
  g.channel_stride = taps;
  g.group_stride = g.dest_channels * g.lane_stride;
  return g;
}

template <class P> static Gather backward_gather(const P& p) {
  Gather g;
  g.batch = p.batch;
  g.groups = p.groups;
  g.source_channels = p.outChannels / p.groups;
  g.dest_channels = p.inChannels / p.groups;
  g.y = backward_axis(p.inHeight, p.outHeight, p.kernelHeight, p.strideHeight, p.padTop, p.dilationHeight);
  g.x = backward_axis(p.inWidth, p.outWidth, p.kernelWidth, p.strideWidth, p.padLeft, p.dilationWidth);
  const ptrdiff_t taps = ptrdiff_t(p.kernelHeight) * p.kernelWidth;
  g.lane_stride = taps;
  g.channel_stride = g.dest_channels * taps;
  g.group_stride = g.source_channels * g.channel_stride;
  return g;
}

constexpr int32_t SLAB = 32;                                   // most channels of a slab
constexpr int32_t PASS = 320;                                  // most k of a pass (one run may exceed it)
constexpr size_t SOURCE_BYTES = 192 << 10, SUM_BYTES = 96 << 10;  // of a chunk, where its shape allows
constexpr int32_t WRITE_PIXELS = 96;                           // written together where one pass completes them
constexpr int32_t CHUNK_PIXELS = 96;                           // fewer make weights dear

struct GatherPhase {
  int32_t first_tap, taps;
  int32_t first_run, runs;
};
struct GatherPlan {
  int vectors;
  int32_t width, blocks;          // lanes of a block, blocks of a group
  int32_t slabs, slab_channels;
  int32_t taps, phases;
  int32_t band, bands;            // steps of q along y in a chunk
  int32_t images, image_groups;   // images of a chunk
  int32_t part, parts;            // blocks of a chunk
  int32_t rows, columns;          // of the source in a chunk
  int32_t depth;                  // k of all phases
  int32_t row_size, image_size, slab_size;  // of the source, in elements
  int32_t dest_pixels;            // of one image in a chunk, at most
  int32_t phase_pixels;           // of one phase in a chunk, at most
  // Bytes, thread scratch: source, sums, pixels.
  size_t sums_at, pixels_at, per_thread;
  // Bytes, shared scratch: weights, bias, taps, phases, runs.
  size_t bias_at, taps_at, phases_at, runs_at, shared;
  bool empty;                     // nothing to write

  explicit GatherPlan(const Gather& g) {
    empty = g.batch <= 0 || g.groups <= 0 || g.dest_channels <= 0 || g.y.dest <= 0 || g.x.dest <= 0;
    per_thread = shared = 0;
    if (empty) return;
    vectors = vectors_for(g.dest_channels);
    width = vectors * LANES;
    blocks = ceil_div(g.dest_channels, width);
    slabs = ceil_div(g.source_channels, SLAB);
    slab_channels = slabs ? ceil_div(g.source_channels, slabs) : 0;
    taps = g.y.taps * g.x.taps;
    phases = g.y.phases * g.x.phases;
    depth = slabs * slab_channels * taps;
    columns = g.x.span(g.x.steps());
    row_size = columns * slab_channels;

    const int32_t steps = g.y.steps(), pixels = g.y.dest * g.x.dest;
    const auto source_bytes = [&](int32_t n, int32_t b) { return size_t(n) * g.y.span(b) * row_size * slabs * 4; };
    const auto sum_bytes = [&](int32_t b) { return size_t(b) * g.y.phases * g.x.dest * width * 4; };
    band = steps;
    while (band > 1 && (source_bytes(1, band) > SOURCE_BYTES || sum_bytes(band) > SUM_BYTES)) band = (band + 1) / 2;
    images = 1;
    if (band == steps)
      while (images < g.batch && images * pixels < CHUNK_PIXELS && source_bytes(2 * images, band) <= 2 * SOURCE_BYTES) images *= 2;
    if (images > g.batch) images = g.batch;
    // Small batches: cut further, bands of rows first, then blocks of lanes, while a chunk keeps work.
    const int32_t wanted = chunks_for(double(g.batch) * g.groups * g.dest_channels * pixels * depth / phases);
    const auto chunks = [&] { return ceil_div(g.batch, images) * g.groups * ceil_div(steps, band); };
    while (images > 1 && chunks() * blocks < wanted) images = (images + 1) / 2;
    while (images == 1 && chunks() < wanted && band > 1 && band * g.y.phases * g.x.dest >= 2 * CHUNK_PIXELS) band = (band + 1) / 2;
    image_groups = ceil_div(g.batch, images);
    bands = ceil_div(steps, band);
    part = blocks;
    if (chunks() < wanted) part = ceil_div(blocks, ceil_div(wanted, chunks()));
    parts = ceil_div(blocks, part);

    rows = g.y.span(band);
    image_size = rows * row_size;
    slab_size = images * image_size;
    dest_pixels = band * g.y.phases * g.x.dest;
    phase_pixels = images * band * g.x.steps();
    sums_at = round_up(size_t(slabs) * slab_size * 4, 128);
    pixels_at = round_up(sums_at + size_t(images) * dest_pixels * width * 4, 128);
    per_thread = round_up(pixels_at + size_t(phases) * phase_pixels * sizeof(Spot), 128);

    bias_at = round_up(size_t(g.groups) * blocks * depth * width * 4, 128);
    taps_at = round_up(bias_at + size_t(g.groups) * blocks * width * 4, 128);
    phases_at = round_up(taps_at + size_t(taps) * 4, 128);
    runs_at = round_up(phases_at + size_t(phases) * sizeof(GatherPhase), 128);
    shared = round_up(runs_at + size_t(slabs) * taps * sizeof(Stretch), 128);
  }
};

// One call: a plan with its operands.
struct GatherCall {
  const Gather& g;
  const GatherPlan& p;
  const float* source;
  const float* weight;
  const float* bias;  // or null
  float* dest;
  float* packed;
  float* packed_bias;
  int32_t* taps;
  GatherPhase* phases;
  Stretch* runs;

  // Taps and runs of each phase, in the order that ascends in memory; neighbours join to one run.
  void list_runs() const {
    int32_t tap = 0, run = 0;
    for (int32_t py = 0; py < g.y.phases; ++py)
      for (int32_t px = 0; px < g.x.phases; ++px) {
        GatherPhase& phase = phases[py * g.x.phases + px];
        phase.first_tap = tap;
        phase.first_run = run;
        for (int32_t s = 0; s < p.slabs; ++s)
          for (int32_t i = 0; i < g.y.taps; ++i)
            for (int32_t j = 0; j < g.x.taps; ++j) {
              const int32_t ky = g.y.tap(i), kx = g.x.tap(j);
              const int32_t oy = g.y.offset(py, ky), ox = g.x.offset(px, kx);
              if (oy < 0 || ox < 0) continue;
              if (s == 0) taps[tap++] = ky * g.x.taps + kx;
              const int32_t at = s * p.slab_size + oy * p.row_size + ox * p.slab_channels;
              if (run > phase.first_run && runs[run - 1].offset + runs[run - 1].length == at) runs[run - 1].length += p.slab_channels;
              else runs[run++] = {at, p.slab_channels};
            }
        phase.taps = tap - phase.first_tap;
        phase.runs = run - phase.first_run;
      }
  }

  // Weights of one block, zeros where lanes or channels are padding.
  void pack(int32_t group, int32_t block) const {
    float* to = packed + size_t(group * p.blocks + block) * p.depth * p.width;
    const int32_t lanes = lesser(p.width, g.dest_channels - block * p.width);
    const float* from = weight + group * g.group_stride + block * p.width * g.lane_stride;
    const size_t padding = size_t(p.slabs) * p.slab_channels - g.source_channels;
    if (lanes < p.width || padding) __builtin_memset(to, 0, size_t(p.depth) * p.width * 4);
    float* bias_to = packed_bias + (group * p.blocks + block) * p.width;
    for (int32_t lane = 0; lane < p.width; ++lane)
      bias_to[lane] = bias && lane < lanes ? bias[group * g.dest_channels + block * p.width + lane] : 0.0f;
    for (int32_t f = 0; f < p.phases; ++f) {
      const GatherPhase& phase = phases[f];
      if (phase.taps == 0) continue;
      const int32_t* tap = taps + phase.first_tap;
      for (int32_t s = 0; s < p.slabs; ++s) {
        const int32_t first = s * p.slab_channels, channels = lesser(p.slab_channels, g.source_channels - first);
        float* slab = to + size_t(phase.first_tap * p.slabs + s * phase.taps) * p.slab_channels * p.width;
        const float* slab_from = from + first * g.channel_stride;
        const ptrdiff_t tap_size = ptrdiff_t(p.slab_channels) * p.width;
        for (int32_t c = 0; c < channels; ++c) {
          const float* of = slab_from + c * g.channel_stride;
          float* row = slab + ptrdiff_t(c) * p.width;
          if (p.phases > 1)
            for (int32_t lane = 0; lane < lanes; ++lane)
              for (int32_t t = 0; t < phase.taps; ++t) row[t * tap_size + lane] = of[lane * g.lane_stride + tap[t]];
          // One phase: all taps, forwards or backwards.
          else if (tap[0] == 0) transpose(of, g.lane_stride, lanes, p.taps, row, tap_size);
          else transpose(of, g.lane_stride, lanes, p.taps, row + (p.taps - 1) * tap_size, -tap_size);
        }
      }
    }
  }

  struct Chunk {
    int32_t group, image, images, step, steps, block, end_block;
    float* source;
    float* sums;
    Spot* pixels;
  };

  Chunk chunk_of(int32_t index, Context& context, int32_t thread) const {
    char* scratch = context.scratch_of<char>(thread);
    Chunk c;
    c.block = index % p.parts * p.part;
    c.end_block = lesser(c.block + p.part, p.blocks);
    index /= p.parts;
    c.step = index % p.bands * p.band;
    c.steps = lesser(p.band, g.y.steps() - c.step);
    index /= p.bands;
    c.image = index % p.image_groups * p.images;
    c.images = lesser(p.images, g.batch - c.image);
    c.group = index / p.image_groups;
    c.source = reinterpret_cast<float*>(scratch);
    c.sums = reinterpret_cast<float*>(scratch + p.sums_at);
    c.pixels = reinterpret_cast<Spot*>(scratch + p.pixels_at);
    return c;
  }

  // The chunk's source as padded slabs.
  void convert(const Chunk& c) const {
    const ptrdiff_t plane = ptrdiff_t(g.y.source) * g.x.source;
    const int32_t first = c.step * g.y.move - g.y.lead, rows = g.y.span(c.steps);
    const int32_t above = clamp_to(-first, 0, rows), below = clamp_to(g.y.source - first, above, rows);
    const int32_t left = clamp_to(g.x.lead, 0, p.columns), right = clamp_to(g.x.source + g.x.lead, left, p.columns);
    for (int32_t s = 0; s < p.slabs; ++s)
      for (int32_t n = 0; n < c.images; ++n) {
        float* to = c.source + size_t(s) * p.slab_size + size_t(n) * p.image_size;
        const int32_t channel = s * p.slab_channels, channels = lesser(p.slab_channels, g.source_channels - channel);
        const float* from = source + ((ptrdiff_t(c.image + n) * g.groups + c.group) * g.source_channels + channel) * plane;
        if (channels < p.slab_channels) zero_row(to, rows * p.row_size);
        else {
          zero_row(to, above * p.row_size);
          zero_row(to + below * p.row_size, (rows - below) * p.row_size);
        }
        from += (first + above) * ptrdiff_t(g.x.source) + left - g.x.lead;
        if (left == 0 && right == p.columns && p.columns == g.x.source) {
          transpose(from, plane, channels, (below - above) * p.columns, to + above * p.row_size, p.slab_channels);
          continue;
        }
        for (int32_t row = above; row < below; ++row, from += g.x.source) {
          float* at = to + row * p.row_size;
          zero_row(at, left * p.slab_channels);
          transpose(from, plane, channels, right - left, at + left * p.slab_channels, p.slab_channels);
          zero_row(at + right * p.slab_channels, (p.columns - right) * p.slab_channels);
        }
      }
  }

  // The pixels of a phase; returns how many.
  int32_t list_pixels(const Chunk& c, int32_t py, int32_t px, Spot* to) const {
    int32_t count = 0;
    const int32_t rows = lesser(c.steps, g.y.steps_of(py) - c.step), columns = g.x.steps_of(px);
    for (int32_t n = 0; n < c.images; ++n)
      for (int32_t i = 0; i < rows; ++i)
        for (int32_t j = 0; j < columns; ++j)
          to[count++] = {n * p.image_size + i * g.y.move * p.row_size + j * g.x.move * p.slab_channels,
                         ptrdiff_t(n * p.dest_pixels + (i * g.y.phases + py) * g.x.dest + j * g.x.phases + px) * p.width};
    return count;
  }

  // One block of lanes over the pixels of one phase.
  void sum_phase(const Chunk& c, int32_t block, int32_t f, const Spot* pixels, int32_t count) const {
    const GatherPhase& phase = phases[f];
    const size_t panel = size_t(c.group * p.blocks + block);
    const float* start = packed_bias + panel * p.width;
    const float* w = packed + (panel * p.depth + size_t(phase.first_tap) * p.slabs * p.slab_channels) * p.width;
    const Stretch* run = runs + phase.first_run;
    const Stretch* const end = run + phase.runs;
    bool first = true;
    do {  // once even without taps: the bias alone
      const Stretch* const begin = run;
      int32_t k = 0;
      while (run != end && (k == 0 || k + run->length <= PASS)) k += (run++)->length;
      run_tiles(p.vectors, {c.source, w, begin, int32_t(run - begin), 1, first ? start : nullptr, nullptr, c.sums}, pixels, count);
      w += size_t(k) * p.width;
      first = false;
    } while (run != end);
  }

  // Complete sums of `count` pixels of one image, from `pixel` of the chunk on, to NCHW.
  void write(const Chunk& c, int32_t block, int32_t n, int32_t pixel, int32_t count) const {
    const ptrdiff_t plane = ptrdiff_t(g.y.dest) * g.x.dest;
    const int32_t channel = block * p.width, channels = lesser(p.width, g.dest_channels - channel);
    const ptrdiff_t at = (ptrdiff_t(c.image + n) * g.groups + c.group) * g.dest_channels + channel;
    transpose(c.sums + (size_t(n) * p.dest_pixels + pixel) * p.width, p.width, count, channels,
              dest + at * plane + ptrdiff_t(c.step) * g.y.phases * g.x.dest + pixel, plane);
  }

  // One pass and one phase: pixels are complete at once, and are written while they are in L1.
  void run_short(const Chunk& c, int32_t block) const {
    const int32_t pixels = c.steps * g.x.dest;
    for (int32_t n = 0; n < c.images; ++n)
      for (int32_t i = 0; i < pixels; i += WRITE_PIXELS) {
        const int32_t count = lesser(WRITE_PIXELS, pixels - i);
        sum_phase(c, block, 0, c.pixels + n * pixels + i, count);
        write(c, block, n, i, count);
      }
  }

  void run_chunk(int32_t index, Context& context, int32_t thread) const {
    const Chunk c = chunk_of(index, context, thread);
    convert(c);
    const int32_t rows = lesser(c.steps * g.y.phases, g.y.dest - c.step * g.y.phases);
    const bool brief = p.phases == 1 && p.depth <= PASS && rows * g.x.dest > WRITE_PIXELS;
    for (int32_t block = c.block; block < c.end_block; ++block) {
      for (int32_t f = 0; f < p.phases; ++f) {
        Spot* pixels = c.pixels + size_t(f) * p.phase_pixels;
        const int32_t py = f / g.x.phases, px = f % g.x.phases;
        if (block == c.block) list_pixels(c, py, px, pixels);
        const int32_t steps = lesser(c.steps, g.y.steps_of(py) - c.step);
        if (steps > 0 && !brief) sum_phase(c, block, f, pixels, c.images * steps * g.x.steps_of(px));
      }
      if (brief) run_short(c, block);
      else
        for (int32_t n = 0; n < c.images; ++n) write(c, block, n, 0, rows * g.x.dest);
    }
  }
};

static void run_gather(const Gather& g, const float* source, const float* weight, const float* bias, float* dest, Context& context) {
  const GatherPlan plan(g);
  if (plan.empty) return;
  char* shared = context.shared;
  const GatherCall call = {g, plan, source, weight, bias, dest, reinterpret_cast<float*>(shared),
                           reinterpret_cast<float*>(shared + plan.bias_at), reinterpret_cast<int32_t*>(shared + plan.taps_at),
                           reinterpret_cast<GatherPhase*>(shared + plan.phases_at), reinterpret_cast<Stretch*>(shared + plan.runs_at)};
  call.list_runs();
  const int32_t panels = g.groups * plan.blocks;
  if (size_t(panels) * plan.depth * plan.width < (16 << 10)) {
    for (int32_t i = 0; i < panels; ++i) call.pack(i / plan.blocks, i % plan.blocks);
  } else {
    context.each(panels, [&](int32_t i, int32_t) { call.pack(i / plan.blocks, i % plan.blocks); });
  }
  context.each(g.groups * plan.image_groups * plan.bands * plan.parts,
               [&](int32_t i, int32_t thread) { call.run_chunk(i, context, thread); });
}

}  // namespace DRISHTI_NS
}  // namespace drishti
