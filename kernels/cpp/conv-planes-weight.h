// The weight gradient for few outputs in a group: lanes are pixels of a row. Each weight has a vector of sums, added across lanes
// once for a chunk. Beside conv-planes.h, whose padded copy it reads; G is read as it lies.
#pragma once
#include "conv-planes.h"

namespace drishti {
namespace DRISHTI_NS {

// sums[t] += sum over rows and columns of  grad[y][x] * source[offset[t] + y * pitch + x], T taps at once.
template <int T>
__attribute__((noinline)) static void tap_sums(const float* grad, int32_t rows, int32_t columns, const float* source, int32_t pitch,
                                               const int32_t* offsets, float* sums) {
  const float* p[T];
  F sum[T];
  for (int t = 0; t < T; ++t) {
    p[t] = source + offsets[t];
    sum[t] = load<F>(sums + t * LANES);
  }
  for (int32_t y = 0; y < rows; ++y, grad += columns) {
    const ptrdiff_t row = ptrdiff_t(y) * pitch;
    int32_t x = 0;
    for (; x + LANES <= columns; x += LANES) {
      const F g = load<F>(grad + x);
      for (int t = 0; t < T; ++t) sum[t] = fma(g, load<F>(p[t] + row + x), sum[t]);
    }
    if (x < columns) {
      const F g = load_part<F>(grad + x, columns - x);
      for (int t = 0; t < T; ++t) sum[t] = fma(g, load_part<F>(p[t] + row + x, columns - x), sum[t]);
    }
  }
  for (int t = 0; t < T; ++t) store(sums + t * LANES, sum[t]);
}

struct PlanesWeightPlan {
  Axis y, x;
  Planes planes;
  int32_t outputs, channels, taps, rows;  // of a group; rows: weights of one output
  int32_t band;
  int32_t images, image_groups;
  int32_t part, parts;                    // convolution groups of a chunk
  size_t weights;                         // of all groups
  size_t sums_at, offsets_at, per_thread, shared;

  explicit PlanesWeightPlan(const Conv2dBackwardWeightF32Params& p) {
    y = forward_axis(p.inHeight, p.outHeight, p.kernelHeight, p.strideHeight, p.padTop, p.dilationHeight);
    x = forward_axis(p.inWidth, p.outWidth, p.kernelWidth, p.strideWidth, p.padLeft, p.dilationWidth);
    outputs = p.outChannels / p.groups;
    channels = p.inChannels / p.groups;
    taps = p.kernelHeight * p.kernelWidth;
    rows = channels * taps;
    weights = size_t(p.outChannels) * rows;
    band = p.outHeight;
    while (band > 1 && size_t(Planes(y, x, band).size) * channels * 4 > PLANES_BYTES) band = (band + 1) / 2;
    planes = Planes(y, x, band);
    const int32_t wanted = 2 * chunks_for(double(p.batch) * p.outHeight * p.outWidth * double(weights));
    images = ceil_div(p.batch, lesser(wanted, p.batch));
    image_groups = ceil_div(p.batch, images);
    part = ceil_div(p.groups, lesser(ceil_div(wanted, image_groups), p.groups));
    parts = ceil_div(p.groups, part);
    sums_at = round_up(size_t(planes.size) * channels * 4, 128);
    offsets_at = round_up(sums_at + size_t(outputs) * rows * LANES * 4, 128);
    per_thread = round_up(offsets_at + size_t(rows) * 4, 128);
    shared = image_groups * weights * 4;
  }
};

static bool use_planes_weight(const Conv2dBackwardWeightF32Params& p) {
  if (p.outChannels / p.groups > LANES / 2) return false;
  const Axis y = forward_axis(p.inHeight, p.outHeight, p.kernelHeight, p.strideHeight, p.padTop, p.dilationHeight);
  const Axis x = forward_axis(p.inWidth, p.outWidth, p.kernelWidth, p.strideWidth, p.padLeft, p.dilationWidth);
  return size_t(Planes(y, x, lesser(p.outHeight, 8)).size) * (p.inChannels / p.groups) * 4 <= PLANES_BYTES;
}

// The sums of one image and one convolution group.
static void planes_weight_image(const Conv2dBackwardWeightF32Params& p, const PlanesWeightPlan& plan, const float* grad, const float* source,
                                float* planes, const int32_t* offsets, float* sums) {
  for (int32_t step = 0; step < p.outHeight; step += plan.band) {
    const int32_t rows = lesser(plan.band, p.outHeight - step);
    for (int32_t c = 0; c < plan.channels; ++c)
      plan.planes.copy(plan.y, plan.x, step, source + ptrdiff_t(c) * p.inHeight * p.inWidth, planes + size_t(c) * plan.planes.size);
    for (int32_t o = 0; o < plan.outputs; ++o) {
      const float* from = grad + (ptrdiff_t(o) * p.outHeight + step) * p.outWidth;
      float* to = sums + size_t(o) * plan.rows * LANES;
      for (int32_t r = 0; r < plan.rows;) {
        const int32_t left = plan.rows - r, count = left >= 9 ? 9 : left >= 5 ? 5 : left >= 3 ? 3 : 1;
        auto* const run = count == 9 ? tap_sums<9> : count == 5 ? tap_sums<5> : count == 3 ? tap_sums<3> : tap_sums<1>;
        run(from, rows, p.outWidth, planes, plan.planes.columns, offsets + r, to + r * LANES);
        r += count;
      }
    }
  }
}

static void run_planes_weight(const Conv2dBackwardWeightF32Params& p, const float* grad, const float* source, float* weight, Context& context) {
  const PlanesWeightPlan plan(p);
  float* partials = reinterpret_cast<float*>(context.shared);
  context.each(plan.image_groups * plan.parts, [&](int32_t i, int32_t thread) {
    char* scratch = context.scratch_of<char>(thread);
    float* sums = reinterpret_cast<float*>(scratch + plan.sums_at);
    int32_t* offsets = reinterpret_cast<int32_t*>(scratch + plan.offsets_at);
    for (int32_t c = 0, r = 0; c < plan.channels; ++c)
      for (int32_t ky = 0; ky < p.kernelHeight; ++ky)
        for (int32_t kx = 0; kx < p.kernelWidth; ++kx)
          offsets[r++] = c * plan.planes.size + plan.planes.at(ky * p.dilationHeight, kx * p.dilationWidth);
    const int32_t image_group = i / plan.parts, first = image_group * plan.images, end = lesser(first + plan.images, p.batch);
    const int32_t group = i % plan.parts * plan.part, end_group = lesser(group + plan.part, p.groups);
    for (int32_t q = group; q < end_group; ++q) {
      zero_row(sums, plan.outputs * plan.rows * LANES);
      for (int32_t n = first; n < end; ++n)
        planes_weight_image(p, plan, grad + (ptrdiff_t(n) * p.outChannels + q * plan.outputs) * p.outHeight * p.outWidth,
                            source + (ptrdiff_t(n) * p.inChannels + q * plan.channels) * p.inHeight * p.inWidth,
                            reinterpret_cast<float*>(scratch), offsets, sums);
      float* to = partials + image_group * plan.weights + size_t(q) * plan.outputs * plan.rows;
      for (int32_t r = 0; r < plan.outputs * plan.rows; ++r) to[r] = sum(load<F>(sums + r * LANES));
    }
  });
  for (size_t i = 0; i < plan.weights; ++i) {
    float total = partials[i];
    for (int32_t n = 1; n < plan.image_groups; ++n) total += partials[n * plan.weights + i];
    weight[i] = total;
  }
}

}  // namespace DRISHTI_NS
}  // namespace drishti
