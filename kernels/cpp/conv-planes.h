// Convolution with few outputs in a group (depthwise, ResNeXt, one channel): lanes are pixels, so that none is wasted.
//
// A chunk copies the source channels of a group to padded planes. With a stride the copy is split by row and column modulo the
// stride, so that in each part neighbouring outputs read neighbouring elements. Output pixels are then walked flat, row after row
// at the pitch of the copy; the few positions between rows are computed for nothing and not stored. A tile is O outputs by V
// vectors of pixels; every (channel, tap) is one offset into the copy and one broadcast weight for each output.
#pragma once
#include "conv-gather.h"

namespace drishti {
namespace DRISHTI_NS {

// Padded copy of some channels: rows first..first + rows - lead of `source` rows, parts by (row % move_y, column % move_x).
struct Planes {
  int32_t move_y, move_x;
  int32_t rows, columns;   // of a part
  int32_t part, size;      // elements of a part, of a channel

  Planes() = default;
  Planes(const Axis& y, const Axis& x, int32_t steps) {
    move_y = y.move;
    move_x = x.move;
    rows = ceil_div(y.span(steps), move_y);
    columns = ceil_div(x.span(x.steps()), move_x);
    part = rows * columns;
    size = part * move_y * move_x;
  }
  // Where the tap with these offsets begins.
  int32_t at(int32_t oy, int32_t ox) const {
    return (oy % move_y * move_x + ox % move_x) * part + oy / move_y * columns + ox / move_x;
  }

  // One channel, from step `step` of y on.
  void copy(const Axis& y, const Axis& x, int32_t step, const float* from, float* to) const {
    const int32_t first = step * y.move - y.lead;
    const int32_t left = clamp_to(x.lead, 0, columns), right = clamp_to(x.source + x.lead, left, columns);
    for (int32_t py = 0; py < move_y; ++py)
      for (int32_t px = 0; px < move_x; ++px)
        for (int32_t r = 0; r < rows; ++r, to += columns) {
          const int32_t row = first + r * move_y + py;
          if (row < 0 || row >= y.source) zero_row(to, columns);
          else if (move_x == 1) {
            zero_row(to, left);
            copy_row(to + left, from + ptrdiff_t(row) * x.source + left - x.lead, right - left);
            zero_row(to + right, columns - right);
          } else {
            const float* line = from + ptrdiff_t(row) * x.source;
            int32_t column = px - x.lead;
            for (int32_t c = 0; c < columns; ++c, column += move_x) to[c] = column >= 0 && column < x.source ? line[column] : 0.0f;
          }
        }
  }
};

constexpr size_t PLANES_BYTES = 256 << 10;  // of the copy, by bands of rows
constexpr int32_t FEW_CHANNELS = 4;
constexpr int PLANE_VECTORS = 8;            // most vectors of a tile

// O outputs by V vectors: out[o][i] = start[o] + sum over k of  weight[o][k] * source[offset[k] + i]; without start, out[o][i] +=.
template <int O, int V>
DRISHTI_INLINE void plane_tile(const float* source, const int32_t* offsets, int32_t depth, const float* weight, ptrdiff_t weight_pitch,
                               const float* start, float* out, ptrdiff_t out_pitch) {
  F sum[O][V];
  for (int o = 0; o < O; ++o)
    for (int v = 0; v < V; ++v) sum[o][v] = F{};
  for (int32_t k = 0; k < depth; ++k) {
    const float* p = source + offsets[k];
    F x[V];
    for (int v = 0; v < V; ++v) x[v] = load<F>(p + v * LANES);
    for (int o = 0; o < O; ++o) {
      const F a = splat<F>(weight[o * weight_pitch + k]);
      for (int v = 0; v < V; ++v) sum[o][v] = fma(a, x[v], sum[o][v]);
    }
  }
  for (int o = 0; o < O; ++o)
    for (int v = 0; v < V; ++v) {
      float* const to = out + o * out_pitch + v * LANES;
      store(to, (start ? splat<F>(start[o]) : load<F>(to)) + sum[o][v]);
    }
}
// `count` pixels; k in passes, so that long sums are made of short ones.
template <int O>
__attribute__((noinline)) static void plane_tiles(const float* source, const int32_t* offsets, int32_t depth, const float* weight,
                                                  ptrdiff_t weight_pitch, const float* start, float* out, ptrdiff_t out_pitch, int32_t count) {
  constexpr int V = O == 1 ? 8 : O == 2 ? 4 : LANES == 4 ? 2 : LANES == 8 ? 3 : 4;
  int32_t k = 0;
  do {  // once even without taps: the bias alone
    const int32_t pass = lesser(PASS, depth - k);
    for (int32_t i = 0; i < count; i += V * LANES)
      plane_tile<O, V>(source + i, offsets + k, pass, weight + k, weight_pitch, k == 0 ? start : nullptr, out + i, out_pitch);
    k += pass;
  } while (k < depth);
}

struct PlanesPlan {
  Planes planes;
  int32_t phases, taps, depth;      // depth: k of all phases
  int32_t band, bands;
  int32_t units, unit_chunk, chunks;  // units: (image, group, band)
  int32_t out_pitch;
  size_t out_at, per_thread;
  size_t offsets_at, phases_at, shared;

  explicit PlanesPlan(const Gather& g) {
    phases = g.y.phases * g.x.phases;
    taps = g.y.taps * g.x.taps;
    depth = g.source_channels * taps;
    band = g.y.steps();
    while (band > 1 && size_t(Planes(g.y, g.x, band).size) * g.source_channels * 4 > PLANES_BYTES) band = (band + 1) / 2;
    bands = ceil_div(g.y.steps(), band);
    planes = Planes(g.y, g.x, band);
    units = g.batch * g.groups * bands;
    const double products = double(g.batch) * g.groups * g.dest_channels * g.y.dest * g.x.dest * depth / phases;
    const int32_t wanted = lesser(4 * chunks_for(products), units);
    unit_chunk = ceil_div(units, wanted);
    chunks = ceil_div(units, unit_chunk);
    out_pitch = int32_t(round_up(size_t(band) * planes.columns + PLANE_VECTORS * LANES, LANES));
    out_at = round_up((size_t(planes.size) * g.source_channels + PLANE_VECTORS * LANES) * 4, 128);
    per_thread = round_up(out_at + size_t(out_pitch) * 4 * 4, 128);
    offsets_at = round_up(size_t(g.groups) * g.dest_channels * depth * 4, 128);
    phases_at = round_up(offsets_at + size_t(depth) * 4, 128);
    shared = round_up(phases_at + size_t(phases + 1) * 4, 128);
  }
};

// Few outputs, fewer yet where the inputs are many and channel vectors pay; and a source that a chunk can hold.
static bool use_planes(const Gather& g) {
  if (g.batch <= 0 || g.groups <= 0 || g.y.dest <= 0 || g.x.dest <= 0 || g.dest_channels <= 0) return false;
  return g.dest_channels <= (g.source_channels <= FEW_CHANNELS ? LANES : LANES - LANES / 4) &&
         size_t(Planes(g.y, g.x, lesser(g.y.steps(), 4)).size) * g.source_channels * 4 <= PLANES_BYTES;
}

struct PlanesCall {
  const Gather& g;
  const PlanesPlan& p;
  const float* source;
  const float* weight;
  const float* bias;  // or null
  float* dest;
  float* packed;      // [group][phase][output][k of the phase]
  int32_t* offsets;   // [phase][k of the phase]
  int32_t* first;     // k at which a phase begins

  // Offsets and weights, phase by phase.
  void pack() const {
    int32_t k = 0;
    for (int32_t f = 0; f < p.phases; ++f) {
      first[f] = k;
      for (int32_t c = 0; c < g.source_channels; ++c)
        for (int32_t i = 0; i < g.y.taps; ++i)
          for (int32_t j = 0; j < g.x.taps; ++j) {
            const int32_t ky = g.y.tap(i), kx = g.x.tap(j);
            const int32_t oy = g.y.offset(f / g.x.phases, ky), ox = g.x.offset(f % g.x.phases, kx);
            if (oy >= 0 && ox >= 0) offsets[k++] = c * p.planes.size + p.planes.at(oy, ox);
          }
    }
    first[p.phases] = k;
    float* to = packed;
    for (int32_t group = 0; group < g.groups; ++group)
      for (int32_t f = 0; f < p.phases; ++f)
        for (int32_t o = 0; o < g.dest_channels; ++o)
          for (int32_t c = 0; c < g.source_channels; ++c)
            for (int32_t i = 0; i < g.y.taps; ++i)
              for (int32_t j = 0; j < g.x.taps; ++j) {
                const int32_t ky = g.y.tap(i), kx = g.x.tap(j);
                if (g.y.offset(f / g.x.phases, ky) >= 0 && g.x.offset(f % g.x.phases, kx) >= 0)
                  *to++ = weight[group * g.group_stride + o * g.lane_stride + c * g.channel_stride + ky * g.x.taps + kx];
              }
  }

  void run_unit(int32_t unit, char* scratch) const {
    float* planes = reinterpret_cast<float*>(scratch);
    float* out = reinterpret_cast<float*>(scratch + p.out_at);
    const int32_t step = unit % p.bands * p.band;
    const int32_t image = unit / p.bands / g.groups, group = unit / p.bands % g.groups;
    const ptrdiff_t source_plane = ptrdiff_t(g.y.source) * g.x.source, dest_plane = ptrdiff_t(g.y.dest) * g.x.dest;
    for (int32_t c = 0; c < g.source_channels; ++c)
      p.planes.copy(g.y, g.x, step, source + ((ptrdiff_t(image) * g.groups + group) * g.source_channels + c) * source_plane,
                    planes + size_t(c) * p.planes.size);
    for (int32_t f = 0; f < p.phases; ++f) {
      const int32_t py = f / g.x.phases, px = f % g.x.phases;
      const int32_t rows = lesser(p.band, g.y.steps_of(py) - step), columns = g.x.steps_of(px), depth = first[f + 1] - first[f];
      if (rows <= 0 || columns <= 0) continue;
      const int32_t count = (rows - 1) * p.planes.columns + columns;
      const float* w = packed + size_t(group) * g.dest_channels * p.depth + size_t(first[f]) * g.dest_channels;
      for (int32_t o = 0; o < g.dest_channels;) {
        const int32_t left = g.dest_channels - o, outputs = left >= 4 ? 4 : left >= 2 ? 2 : 1;
        const float* start = bias ? bias + group * g.dest_channels + o : ZEROS;
        auto* const run = outputs == 4 ? plane_tiles<4> : outputs == 2 ? plane_tiles<2> : plane_tiles<1>;
        run(planes, offsets + first[f], depth, w + size_t(o) * depth, depth, start, out, p.out_pitch, count);
        for (int32_t i = 0; i < outputs; ++i, ++o) {
          float* to = dest + ((ptrdiff_t(image) * g.groups + group) * g.dest_channels + o) * dest_plane;
          to += (ptrdiff_t(step) * g.y.phases + py) * g.x.dest + px;
          for (int32_t r = 0; r < rows; ++r, to += ptrdiff_t(g.y.phases) * g.x.dest) {
            const float* from = out + ptrdiff_t(i) * p.out_pitch + r * p.planes.columns;
            if (g.x.phases == 1) copy_row(to, from, columns);
            else
              for (int32_t x = 0; x < columns; ++x) to[ptrdiff_t(x) * g.x.phases] = from[x];
          }
        }
      }
    }
  }
};

static void run_planes(const Gather& g, const float* source, const float* weight, const float* bias, float* dest, Context& context) {
  const PlanesPlan plan(g);
  char* shared = context.shared;
  const PlanesCall call = {g, plan, source, weight, bias, dest, reinterpret_cast<float*>(shared),
                           reinterpret_cast<int32_t*>(shared + plan.offsets_at), reinterpret_cast<int32_t*>(shared + plan.phases_at)};
  call.pack();
  context.each(plan.chunks, [&](int32_t i, int32_t thread) {
    const int32_t end = lesser((i + 1) * plan.unit_chunk, plan.units);
    for (int32_t unit = i * plan.unit_chunk; unit < end; ++unit) call.run_unit(unit, context.scratch_of<char>(thread));
  });
}

}  // namespace DRISHTI_NS
}  // namespace drishti
