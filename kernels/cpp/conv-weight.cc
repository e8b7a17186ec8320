// conv2d_backward_weight: dW[o][i][ky][kx] = sum over images and pixels of  G[n][o][y][x] * X[n][i][y * stride + ky * dilation - pad][…].
//
// Lanes are output channels: G is turned to [pixel][lane], and every (i, ky, kx) is a row that is broadcast from a padded NCHW
// copy of X. The sum over pixels stays in registers: nothing is reduced across lanes. A pass takes so many pixels that loading
// and storing the sums does not show, and so few that G of one block stays in L1.
//
// Groups with few outputs go through conv-planes-weight.h, wide 3x3 ones with stride 1 through conv-winograd-planes.h. Images are cut into fixed groups, each with its own partial dW, added in order of the groups; large weights have fewer groups
// and are cut by channels instead. By shape alone, so any number of threads gives the same bits.
#include "conv-fused-shape.h"
#include "conv-planes-weight.h"
#include "conv-winograd-planes.h"
#include "kernel.h"
#include "matmul-tile.h"
#include "matmul-transpose.h"

namespace drishti {
namespace DRISHTI_NS {

using WeightParams = Conv2dBackwardWeightF32Params;

constexpr int32_t WEIGHT_PIXELS = 256;              // of a pass
constexpr int32_t FINISH_ROWS = 512;                // rows that one chunk adds up and writes

struct WeightPlan {
  int32_t out_channels, in_channels, taps, rows;    // of a group; rows: (i, ky, kx)
  int vectors;
  int32_t width, blocks;
  int32_t band, bands;                              // output rows of a pass
  int32_t pass_images;                              // images of a pass
  int32_t images, image_groups;
  int32_t part_blocks, block_parts;
  int32_t part_channels, channel_parts;
  int32_t source_rows, source_columns, plane, image_size;
  size_t partial;                                   // elements of one image group
  size_t grad_at, spots_at, runs_at, sums_at, per_thread, shared;
  bool empty, zero;                                 // nothing to write; nothing to add up

  explicit WeightPlan(const WeightParams& p) {
    per_thread = shared = 0;
    empty = p.outChannels <= 0 || p.inChannels <= 0 || p.kernelHeight <= 0 || p.kernelWidth <= 0;
    zero = p.batch <= 0 || p.outHeight <= 0 || p.outWidth <= 0;
    if (empty || zero) return;
    out_channels = p.outChannels / p.groups;
    in_channels = p.inChannels / p.groups;
    taps = p.kernelHeight * p.kernelWidth;
    rows = in_channels * taps;
    vectors = vectors_for(out_channels);
    width = vectors * LANES;
    blocks = ceil_div(out_channels, width);
    partial = size_t(p.groups) * blocks * rows * width;

    bands = ceil_div(p.outHeight, clamp_to(WEIGHT_PIXELS / p.outWidth, 1, p.outHeight));
    band = ceil_div(p.outHeight, bands);
    const int32_t pixels = p.outHeight * p.outWidth;
    pass_images = bands > 1 ? 1 : clamp_to(WEIGHT_PIXELS / pixels, 1, p.batch);

    const int32_t wanted = chunks_for(double(p.batch) * pixels * p.outChannels * rows);
    const ImageGroups cut(p.batch, wanted, partial);
    images = cut.images;
    image_groups = cut.count;
    pass_images = lesser(pass_images, images);
    block_parts = channel_parts = 1;
    while (image_groups * p.groups * block_parts * channel_parts < wanted) {
      const int32_t out_part = out_channels / block_parts, in_part = in_channels / channel_parts;
      if (block_parts < blocks && out_part >= in_part) block_parts *= 2;
      else if (in_part >= 16) channel_parts *= 2;
      else if (block_parts < blocks) block_parts *= 2;
      else break;
    }
    part_blocks = ceil_div(blocks, block_parts);
    block_parts = ceil_div(blocks, part_blocks);
    part_channels = ceil_div(in_channels, channel_parts);
    channel_parts = ceil_div(in_channels, part_channels);

    source_rows = (band - 1) * p.strideHeight + (p.kernelHeight - 1) * p.dilationHeight + 1;
    source_columns = (p.outWidth - 1) * p.strideWidth + (p.kernelWidth - 1) * p.dilationWidth + 1;
    plane = source_rows * source_columns;
    image_size = part_channels * plane;
    grad_at = round_up(size_t(pass_images) * image_size * 4, 128);
    spots_at = round_up(grad_at + size_t(part_blocks) * pass_images * band * p.outWidth * width * 4, 128);
    runs_at = round_up(spots_at + size_t(part_channels) * taps * sizeof(Spot), 128);
    sums_at = round_up(runs_at + size_t(pass_images) * band * sizeof(Stretch), 128);
    per_thread = round_up(sums_at + size_t(lesser(rows, FINISH_ROWS)) * width * 4, 128);
    shared = image_groups * partial * 4;
  }
};

struct WeightCall {
  const WeightParams& p;
  const WeightPlan& plan;
  const float* grad;
  const float* source;
  float* weight;
  float* partials;

  struct Chunk {
    int32_t image_group, group, block, blocks, channel, channels;
    float* source;
    float* grad;
    Spot* spots;
    Stretch* runs;
  };

  // Padded NCHW copy of the chunk's channels: output rows [row, row + count) of images [image, image + images).
  void copy_source(const Chunk& c, int32_t image, int32_t images, int32_t row, int32_t count) const {
    const int32_t first = row * p.strideHeight - p.padTop;
    const int32_t rows = (count - 1) * p.strideHeight + (p.kernelHeight - 1) * p.dilationHeight + 1;
    for (int32_t n = 0; n < images; ++n)
      for (int32_t i = 0; i < c.channels; ++i) {
        const ptrdiff_t channel = ptrdiff_t(image + n) * p.inChannels + c.group * plan.in_channels + c.channel + i;
        copy_padded_plane(source + channel * p.inHeight * p.inWidth, p.inHeight, p.inWidth, first, rows, p.padLeft, plan.source_columns,
                          c.source + n * plan.image_size + i * plan.plane);
      }
  }

  // G of one block as [image][pixel][lane], zeros in padding lanes.
  void pack_grad(const Chunk& c, int32_t block, int32_t image, int32_t images, int32_t row, int32_t count, float* to) const {
    const int32_t lanes = lesser(plan.width, plan.out_channels - block * plan.width), pixels = count * p.outWidth;
    const ptrdiff_t size = ptrdiff_t(p.outHeight) * p.outWidth;
    if (lanes < plan.width) zero_row(to, images * pixels * plan.width);
    for (int32_t n = 0; n < images; ++n, to += ptrdiff_t(pixels) * plan.width) {
      const ptrdiff_t channel = ptrdiff_t(image + n) * p.outChannels + c.group * plan.out_channels + block * plan.width;
      transpose(grad + channel * size + ptrdiff_t(row) * p.outWidth, size, lanes, pixels, to, plan.width);
    }
  }

  void run_chunk(int32_t index, Context& context, int32_t thread) const {
    char* scratch = context.scratch_of<char>(thread);
    Chunk c;
    c.block = index % plan.block_parts * plan.part_blocks;
    c.blocks = lesser(plan.part_blocks, plan.blocks - c.block);
    index /= plan.block_parts;
    c.channel = index % plan.channel_parts * plan.part_channels;
    c.channels = lesser(plan.part_channels, plan.in_channels - c.channel);
    index /= plan.channel_parts;
    c.group = index % p.groups;
    c.image_group = index / p.groups;
    c.source = reinterpret_cast<float*>(scratch);
    c.grad = reinterpret_cast<float*>(scratch + plan.grad_at);
    c.spots = reinterpret_cast<Spot*>(scratch + plan.spots_at);
    c.runs = reinterpret_cast<Stretch*>(scratch + plan.runs_at);
    int32_t row = 0;
    for (int32_t i = 0; i < c.channels; ++i)
      for (int32_t ky = 0; ky < p.kernelHeight; ++ky)
        for (int32_t kx = 0; kx < p.kernelWidth; ++kx, ++row)
          c.spots[row] = {i * plan.plane + ky * p.dilationHeight * plan.source_columns + kx * p.dilationWidth, row * plan.width};

    const int32_t end = lesser((c.image_group + 1) * plan.images, p.batch);
    bool first = true;
    for (int32_t image = c.image_group * plan.images; image < end; image += plan.pass_images) {
      const int32_t images = lesser(plan.pass_images, end - image);
      for (int32_t y = 0; y < p.outHeight; y += plan.band, first = false)
        run_pass(c, image, images, y, lesser(plan.band, p.outHeight - y), first);
    }
  }

  void run_pass(const Chunk& c, int32_t image, int32_t images, int32_t row, int32_t count, bool first) const {
    const int32_t rows = c.channels * plan.taps, pixels = images * count * p.outWidth;
    copy_source(c, image, images, row, count);
    int32_t runs = 0;
    for (int32_t n = 0; n < images; ++n)
      for (int32_t y = 0; y < count; ++y) c.runs[runs++] = {n * plan.image_size + y * p.strideHeight * plan.source_columns, p.outWidth};
    for (int32_t b = 0; b < c.blocks; ++b) {
      float* grad = c.grad + size_t(b) * pixels * plan.width;
      pack_grad(c, c.block + b, image, images, row, count, grad);
      float* sums = partials + c.image_group * plan.partial +
                    ((size_t(c.group) * plan.blocks + c.block + b) * plan.rows + c.channel * plan.taps) * plan.width;
      run_tiles(plan.vectors, {c.source, grad, c.runs, runs, p.strideWidth, first ? ZEROS : nullptr, nullptr, sums}, c.spots, rows);
    }
  }

  // Adds the partials of some rows of one block, and writes them as OIHW.
  void finish(int32_t index, Context& context, int32_t thread) const {
    const int32_t pieces = ceil_div(plan.rows, FINISH_ROWS);
    const int32_t row = index % pieces * FINISH_ROWS, rows = lesser(FINISH_ROWS, plan.rows - row);
    index /= pieces;
    const int32_t block = index % plan.blocks, group = index / plan.blocks;
    const float* from = partials + (size_t(index) * plan.rows + row) * plan.width;
    if (plan.image_groups > 1) {
      float* sums = reinterpret_cast<float*>(context.scratch_of<char>(thread) + plan.sums_at);
      for (int32_t i = 0; i < rows * plan.width; i += LANES) {
        F sum = load<F>(from + i);
        for (int32_t n = 1; n < plan.image_groups; ++n) sum += load<F>(from + n * plan.partial + i);
        store(sums + i, sum);
      }
      from = sums;
    }
    const int32_t lanes = lesser(plan.width, plan.out_channels - block * plan.width);
    transpose(from, plan.width, rows, lanes, weight + ptrdiff_t(group * plan.out_channels + block * plan.width) * plan.rows + row,
              plan.rows);
  }
};

static int32_t conv2d_backward_weight(const WeightParams& p, void* const* buffers, Context& context) {
  const WeightPlan plan(p);
  float* weight = out<float>(buffers, 2);
  if (plan.empty) return 0;
  if (plan.zero) {
    __builtin_memset(weight, 0, size_t(p.outChannels) * (p.inChannels / p.groups) * p.kernelHeight * p.kernelWidth * 4);
    return 0;
  }
  if (winograd_pays(p)) {
    run_winograd_planes_weight(p, buffers, context);
    return 0;
  }
  if (use_planes_weight(p)) {
    run_planes_weight(p, in<float>(buffers, 0), in<float>(buffers, 1), weight, context);
    return 0;
  }
  const WeightCall call = {p, plan, in<float>(buffers, 0), in<float>(buffers, 1), weight, reinterpret_cast<float*>(context.shared)};
  context.each(plan.image_groups * p.groups * plan.block_parts * plan.channel_parts,
               [&](int32_t i, int32_t thread) { call.run_chunk(i, context, thread); });
  const int32_t pieces = p.groups * plan.blocks * ceil_div(plan.rows, FINISH_ROWS);
  if (plan.image_groups * plan.partial < (32 << 10)) {
    for (int32_t i = 0; i < pieces; ++i) call.finish(i, context, 0);
  } else {
    context.each(pieces, [&](int32_t i, int32_t thread) { call.finish(i, context, thread); });
  }
  return 0;
}
static ScratchNeed conv2d_backward_weight_scratch(const WeightParams& p, int32_t) {
  if (winograd_pays(p)) return winograd_planes_weight_scratch(p);
  const WeightPlan plan(p);
  if (!plan.empty && !plan.zero && use_planes_weight(p)) {
    const PlanesWeightPlan few(p);
    return {few.per_thread, few.shared};
  }
  return {plan.per_thread, plan.shared};
}

DRISHTI_KERNEL_SCRATCH(conv2d_backward_weight_f32, conv2d_backward_weight, conv2d_backward_weight_scratch)

}  // namespace DRISHTI_NS
}  // namespace drishti
