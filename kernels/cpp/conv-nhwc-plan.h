// How conv-nhwc.h cuts a convolution: what follows the sums, chunks and passes, and where all of it lies in the scratch memory.
#pragma once
#include "conv-gather.h"
#include "conv-nhwc-tile.h"
#include "layouts.h"
#include "norm-moments.h"

namespace drishti {
namespace DRISHTI_NS {

// What happens to the sums, and where they go. Sizes of `out` are those behind the pool.
struct Tail {
  float* out;
  Place place;
  bool relu = false, six = false;   // six: ReLU6
  int32_t pool_height = 1, pool_width = 1;
  uint8_t* index = nullptr;
  const float* residual = nullptr;  // shape before the pool
  Place residual_place;
  const float* bias = nullptr;
  const float* scale = nullptr;     // goes into the weights
  const MomentSlots* moments = nullptr;  // wanted of the sums; to NHWC without residual and ReLU, unpooled or in 2x2 windows
  Tail(float* to, const Place& p) : out(to), place(p), residual_place(p) {}
};

// A convolution's weight: OIHW, or with a panel as conv2d_pack makes it.
struct Weight {
  const float* data;
  int32_t panel = 0;
  bool planes = false;  // packed by channel and then tap
};

constexpr int32_t PLANE_CHANNELS = 4;  // sources that are read as planes
constexpr size_t FAR_BYTES = 256 << 10;  // weights that do not stay in L2

constexpr int32_t MOMENT_PIXELS = 192;   // written, and then read for statistics while they are near

struct NhwcPhase {
  int32_t first_tap, taps, first_pass, passes;
};
struct NhwcPass {
  int32_t first_run, runs, k;
  int32_t same;  // the length of all runs, or 0
};

struct NhwcPlan {
  bool empty, planes, direct;
  int vectors;
  int32_t width, blocks;          // lanes of a block, blocks of a group
  int32_t taps, phases, depth;    // depth: k of all phases
  int32_t steps;                  // of q along y
  int32_t band, bands, images, image_groups, part, parts;
  int32_t rows, columns;          // of a copied source
  ptrdiff_t pixel, row, image;    // strides of the source as it is read
  int32_t window;                 // positions of a pool's window
  int32_t units;                  // windows of one image in a chunk, at most
  int32_t spots;                  // of one phase in a chunk, at most
  int32_t most_passes, most_runs;
  size_t weights;                 // all packed weights
  bool fetch;                     // they are read from far away
  bool ends;                      // whole blocks end in registers
  size_t tile_at, temp_at, per_thread;
  size_t bias_at, taps_at, phases_at, passes_at, runs_at, spots_at, ends_at, shared;

  // g's destination is cut to whole windows.
  NhwcPlan(const Gather& g, const Source& s, const Tail& t) {
    empty = g.batch <= 0 || g.groups <= 0 || g.dest_channels <= 0 || g.y.dest <= 0 || g.x.dest <= 0;
    per_thread = shared = 0;
    if (empty) return;
    vectors = vectors_for(g.dest_channels);
    width = vectors * LANES;
    blocks = ceil_div(g.dest_channels, width);
    taps = g.y.taps * g.x.taps;
    phases = g.y.phases * g.x.phases;
    depth = taps * g.source_channels;
    window = t.pool_height * t.pool_width;
    planes = s.plain() && !s.place.nhwc && g.groups == 1 && g.source_channels <= PLANE_CHANNELS && !g.y.reversed;
    steps = g.y.steps();
    columns = g.x.span(g.x.steps());
    const int32_t all_channels = g.source_channels * g.groups;
    const auto within = [&](const Axis& a) {
      return a.lead <= s.place.border && (a.steps() - 1) * a.move + a.reach - a.lead < a.source + s.place.border;
    };
    direct = s.plain() && s.place.nhwc && within(g.y) && within(g.x);
    pixel = planes ? 1 : all_channels;
    row = direct ? s.place.row : columns * pixel;

    const ptrdiff_t copy_row_size = ptrdiff_t(columns) * all_channels;
    const auto source_bytes = [&](int32_t n, int32_t b) { return size_t(n) * g.y.span(b) * copy_row_size * 4; };
    const auto sum_bytes = [&](int32_t b) { return size_t(b) * g.y.phases * g.x.dest * width * 4; };
    const int32_t ph = t.pool_height;
    const auto halve = [&](int32_t b) { return ceil_div(ceil_div(b, ph), 2) * ph; };
    band = steps;
    while (band > ph && (source_bytes(1, band) > 2 * SOURCE_BYTES || sum_bytes(band) > SUM_BYTES)) band = halve(band);
    images = 1;
    const int32_t pixels = g.y.dest * g.x.dest;
    if (band == steps)
      while (images < g.batch && images * pixels < CHUNK_PIXELS && source_bytes(2 * images, band) <= 2 * SOURCE_BYTES) images *= 2;
    if (images > g.batch) images = g.batch;
    const int32_t wanted = chunks_for(double(g.batch) * g.groups * g.dest_channels * pixels * depth / phases);
    const auto chunks = [&] { return ceil_div(g.batch, images) * g.groups * ceil_div(steps, band); };
    while (images > 1 && chunks() * blocks < wanted) images = (images + 1) / 2;
    while (images == 1 && chunks() < wanted && band > ph && band * g.y.phases * g.x.dest >= 2 * CHUNK_PIXELS) band = halve(band);
    image_groups = ceil_div(g.batch, images);
    bands = ceil_div(steps, band);
    part = blocks;
    if (chunks() < wanted) part = ceil_div(blocks, ceil_div(wanted, chunks()));
    parts = ceil_div(blocks, part);

    rows = g.y.span(band);
    image = direct ? s.place.image : ptrdiff_t(rows) * columns * all_channels;
    units = band * g.y.phases * g.x.dest / window;
    spots = images * band * g.x.steps();
    const size_t sums = round_up((direct ? 0 : size_t(images) * image) * 4, 128);
    tile_at = round_up(sums + size_t(images) * units * window * width * 4, 128);
    temp_at = round_up(tile_at + (t.place.nhwc ? 0 : size_t(images) * units * width * 4), 128);
    per_thread = round_up(temp_at + s.scratch() * 4, 128);
    sums_at = sums;

    weights = size_t(g.groups) * blocks * depth * width;
    fetch = weights * 4 > FAR_BYTES;
    most_passes = ceil_div(depth, PASS) + 2 * phases;
    most_runs = taps * (planes ? g.source_channels : 1) + most_passes;
    bias_at = round_up(weights * 4, 128);
    taps_at = round_up(bias_at + size_t(g.groups) * blocks * width * 4, 128);
    phases_at = round_up(taps_at + size_t(taps) * 4, 128);
    passes_at = round_up(phases_at + size_t(phases) * sizeof(NhwcPhase), 128);
    runs_at = round_up(passes_at + size_t(most_passes) * sizeof(NhwcPass), 128);
    spots_at = round_up(runs_at + size_t(most_runs) * sizeof(Stretch), 128);
    ends = phases == 1 && t.place.nhwc && (t.residual_place.nhwc || !t.residual) && ((window == 1 && !t.index) || (t.pool_height == 2 && t.pool_width == 2 && !t.residual && !t.moments));
    ends_at = round_up(spots_at + size_t(phases) * spots * sizeof(Spot), 128);
    shared = round_up(ends_at + size_t(phases == 1 ? images * units : 0) * sizeof(Spot), 128);
  }
  // Chunks with statistics of their own, and the pixels of one: images, and rows of one image.
  int32_t slots() const { return empty ? 0 : image_groups * bands; }
  double pixels_of(const Gather& g, int32_t slot) const {
    const int32_t first = slot % bands * band * g.y.phases, n = slot / bands * images;
    return double(lesser(images, g.batch - n)) * lesser(band * g.y.phases, g.y.dest - first) * g.x.dest;
  }
  size_t sums_at;
};

}  // namespace DRISHTI_NS
}  // namespace drishti
