// Weight gradient of the fused convolution, dense. The pixels are k; the sum over them stays in registers.
//
//   NHWC input         lanes are input channels: X vectors are loaded, G is broadcast; a tile is 4 outputs x some (tap, vector)
//   planes (few        lanes are output channels: G vectors are loaded, X is broadcast from padded planes; rows are (channel, tap)
//   channels, NCHW)
//
// A pass takes some rows of an image, or some images: G as [panel of outputs][pixel][lane], X as [slab of channels][padded pixel].
// Both are copies in L2: what lies 1 KB apart in the tensors would fall into a few sets of L1.
// Images are cut into fixed groups with partial sums of their own, added in order; see conv-weight.cc.
#pragma once
#include "conv-fused-weight-copy.h"
#include "conv-fused-weight-tile.h"
#include "conv-sparse-weight.h"

namespace drishti {
namespace DRISHTI_NS {

struct FusedWeightCall {
  const FusedShape& s;
  const FusedWeightPlan& p;
  const Source& x;
  const Source& g;
  float* weight;  // or null
  float* bias;    // or null
  float* partials;

  using Chunk = FusedWeightChunk;

  float* sums_of(const Chunk& c, int32_t panel_or_slab) const {
    return c.sums + (p.planes ? size_t(panel_or_slab) * p.columns * p.panel : (size_t(c.group) * p.slabs + panel_or_slab) * p.out_group * p.columns * LANES);
  }

  void run_chunk(int32_t index, Context& context, int32_t thread) const {
    char* scratch = context.scratch_of<char>(thread);
    Chunk c;
    c.panel = index % p.panel_parts * p.part_panels;
    c.panels = lesser(p.part_panels, p.panels - c.panel);
    index /= p.panel_parts;
    c.slab = index % p.slab_parts * p.part_slabs;
    c.slabs = lesser(p.part_slabs, p.slabs - c.slab);
    index /= p.slab_parts;
    c.group = index % s.groups;
    c.image_group = index / s.groups;
    c.x = reinterpret_cast<float*>(scratch);
    c.g = reinterpret_cast<float*>(scratch + p.grad_at);
    c.dense = reinterpret_cast<float*>(scratch + p.dense_at);
    c.temp = reinterpret_cast<float*>(scratch + p.temp_at);
    c.spots = reinterpret_cast<Spot*>(scratch + p.spots_at);
    c.runs = reinterpret_cast<Stretch*>(scratch + p.runs_at);
    c.sums = partials + c.image_group * p.partial;
    c.bias = c.sums + p.bias_in_partial;
    clear(c);
    if (p.planes) {
      int32_t row = 0;
      for (int32_t i = 0; i < p.in_group; ++i)
        for (int32_t ky = 0; ky < s.kernel_height; ++ky)
          for (int32_t kx = 0; kx < s.kernel_width; ++kx, ++row)
            c.spots[row] = {i * ptrdiff_t(p.source_rows) * p.source_columns + ky * s.dilation_height * p.source_columns + kx * s.dilation_width, row * p.panel};
    }
    const int32_t end = lesser((c.image_group + 1) * p.images, s.batch);
    for (int32_t image = c.image_group * p.images; image < end; image += p.pass_images)
      for (int32_t y = 0; y < s.out_height; y += p.band)
        run_pass(c, image, lesser(p.pass_images, end - image), y, lesser(p.band, s.out_height - y));
  }

  // The part of the partial sums that is this chunk's own.
  void clear(const Chunk& c) const {
    if (c.slab == 0) zero_row(c.bias + c.group * p.out_group + c.panel * p.panel, lesser(c.panels * p.panel, p.out_group - c.panel * p.panel));
    if (!weight) return;
    const int32_t first = c.panel * p.panel, outputs = lesser(c.panels * p.panel, p.out_group - first);
    if (p.planes)
      for (int32_t i = 0; i < c.panels; ++i) zero_row(sums_of(c, c.panel + i), p.columns * p.panel);
    else
      for (int32_t i = 0; i < c.slabs; ++i) zero_row(sums_of(c, c.slab + i) + ptrdiff_t(first) * p.columns * LANES, outputs * p.columns * LANES);
  }

  void add_bias(const Chunk& c, int32_t pixels) const {
    for (int32_t i = 0; i < c.panels; ++i) {
      const int32_t first = (c.panel + i) * p.panel, outputs = lesser(p.panel, p.out_group - first);
      const float* from = c.g + size_t(i) * pixels * p.panel;
      float* to = c.bias + c.group * p.out_group + first;
      for (int32_t l = 0; l < outputs; l += LANES) {
        F a{}, b{};
        int32_t k = 0;
        for (; k + 2 <= pixels; k += 2) {
          a += load<F>(from + ptrdiff_t(k) * p.panel + l);
          b += load<F>(from + ptrdiff_t(k + 1) * p.panel + l);
        }
        if (k < pixels) a += load<F>(from + ptrdiff_t(k) * p.panel + l);
        store_some(to + l, load_some(to + l, outputs - l) + (a + b), outputs - l);
      }
    }
  }

  void run_pass(const Chunk& c, int32_t image, int32_t images, int32_t row, int32_t rows) const {
    const int32_t pixels = images * rows * s.out_width;
    const FusedWeightCopy copy = {s, p, x, g};
    copy.gradient(c, image, images, row, rows);
    if (c.slab == 0 && bias) add_bias(c, pixels);
    if (!weight) return;
    copy.source(c, image, images, row, rows);
    const int32_t unit = p.planes ? 1 : p.slab_pitch;
    const ptrdiff_t x_row = ptrdiff_t(p.source_columns) * unit, x_image = ptrdiff_t(p.source_rows) * x_row * (p.planes ? p.in_group : 1);
    const int32_t down = p.alone ? 1 : s.stride_height, across = p.alone ? 1 : s.stride_width;
    if (p.planes) {
      int32_t runs = 0;
      for (int32_t n = 0; n < images; ++n)
        for (int32_t y = 0; y < rows; ++y) c.runs[runs++] = {int32_t(n * x_image + y * s.stride_height * x_row), s.out_width};
      for (int32_t i = 0; i < c.panels; ++i)
        run_tiles(p.vectors, {c.x, c.g + size_t(i) * pixels * p.panel, c.runs, runs, s.stride_width, nullptr, nullptr, sums_of(c, c.panel + i)}, c.spots, p.columns);
      return;
    }
    const WeightPixels walk = {images, rows, s.out_width, x_image, down * x_row, ptrdiff_t(across) * unit, p.panel};
    const int32_t vectors = p.slab_pitch / LANES, tiles = ceil_div(p.columns, TILE_COLUMNS);
    for (int32_t i = 0; i < c.slabs; ++i)
      for (int32_t t = 0; t < tiles; ++t) {
        const int32_t first = int32_t(int64_t(p.columns) * t / tiles), end = int32_t(int64_t(p.columns) * (t + 1) / tiles);
        int32_t offsets[TILE_COLUMNS];
        for (int32_t k = first; k < end; ++k) {
          const int32_t tap = k / vectors;
          offsets[k - first] = int32_t(tap / s.kernel_width * s.dilation_height * x_row) + tap % s.kernel_width * s.dilation_width * unit + k % vectors * LANES;
        }
        run_outputs(c, walk, c.x + i * p.slab_size, offsets, end - first, sums_of(c, c.slab + i) + ptrdiff_t(first) * LANES, pixels);
      }
  }
  // All outputs of the chunk against some columns.
  void run_outputs(const Chunk& c, const WeightPixels& walk, const float* from, const int32_t* offsets, int32_t count, float* sums, int32_t pixels) const {
    const ptrdiff_t pitch = ptrdiff_t(p.columns) * LANES;
    for (int32_t i = 0; i < c.panels; ++i) {
      const int32_t first = (c.panel + i) * p.panel, outputs = lesser(p.panel, p.out_group - first);
      const float* grad = c.g + size_t(i) * pixels * p.panel;
      int32_t o = 0;
      for (; o + TILE_OUTPUTS <= outputs; o += TILE_OUTPUTS) weight_tiles<TILE_OUTPUTS>(count, walk, from, grad + o, offsets, sums + (first + o) * pitch, pitch);
      for (; o + 2 <= outputs; o += 2) weight_tiles<2>(count, walk, from, grad + o, offsets, sums + (first + o) * pitch, pitch);
      for (; o < outputs; ++o) weight_tiles<1>(count, walk, from, grad + o, offsets, sums + (first + o) * pitch, pitch);
    }
  }

  // Adds the partial sums of the image groups into the first, in order; then OIHW. A piece: a slab of an output, or a panel.
  int32_t pieces() const { return p.planes ? p.panels : s.groups * p.slabs * p.out_group; }
  void finish(int32_t piece) const {
    const int32_t size = p.columns * (p.planes ? p.panel : LANES);
    float* sums = partials + size_t(piece) * size;
    add_groups(sums, size, p.image_groups, p.partial);
    if (p.planes) {
      transpose(sums, p.panel, p.columns, lesser(p.panel, p.out_group - piece * p.panel), weight + ptrdiff_t(piece) * p.panel * p.columns, p.columns);
      return;
    }
    const int32_t o = piece % p.out_group, slab = piece / p.out_group % p.slabs, group = piece / p.out_group / p.slabs;
    const int32_t channel = slab * p.slab;
    transpose(sums, p.slab_pitch, p.taps, lesser(p.slab, p.in_group - channel), weight + ((ptrdiff_t(group) * p.out_group + o) * p.in_group + channel) * p.taps, p.taps);
  }
  void finish_bias() const {
    for (int32_t o = 0; o < s.out_channels; ++o) {
      float sum = 0;
      for (int32_t n = 0; n < p.image_groups; ++n) sum += partials[n * p.partial + p.bias_in_partial + o];
      bias[o] = sum;
    }
  }
};

static ScratchNeed fused_weight_scratch(const FusedShape& s, const Source& x, const Source& g) {
  if (SparseWeight::fits(s, x, g)) {
    const SparseWeight sparse(s, x, g);
    return {sparse.per_thread, sparse.shared};
  }
  const FusedWeightPlan plan(s, x, g);
  return {plan.per_thread, plan.shared};
}

static void run_fused_weight(const FusedShape& s, const Source& x, const Source& g, float* weight, float* bias, Context& context, char* shared) {
  if (SparseWeight::fits(s, x, g)) return SparseWeight(s, x, g).run_all(weight, bias, context, shared);
  const FusedWeightPlan plan(s, x, g);
  const FusedWeightCall call = {s, plan, x, g, weight, bias, reinterpret_cast<float*>(shared)};
  // The bias alone needs one part of the slabs.
  context.each(plan.image_groups * s.groups * plan.slab_parts * plan.panel_parts, [&](int32_t i, int32_t thread) { call.run_chunk(i, context, thread); });
  if (bias) call.finish_bias();
  if (!weight) return;
  const int32_t pieces = call.pieces(), chunks = lesser(pieces, 16);
  context.each(chunks, [&](int32_t i, int32_t) {
    const int32_t end = int32_t(int64_t(pieces) * (i + 1) / chunks);
    for (int32_t k = int32_t(int64_t(pieces) * i / chunks); k < end; ++k) call.finish(k);
  });
}

}  // namespace DRISHTI_NS
}  // namespace drishti
