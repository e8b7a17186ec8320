// conv2d: cross-correlation of NCHW images with OIHW filters, and its gradient with respect to the input, which is also the
// forward pass of a transposed convolution (then with a bias for each input channel). Any stride, padding, dilation, groups.
// Dense groups go through conv-gather.h; those with few outputs through conv-planes.h; 1x1 filters are a
// product of matrices, matmul.h; wide 3x3 ones with stride 1 go by Winograd's algorithm, conv-winograd-planes.h.
// Reference: packages/core/src/kernels/reference.
#include "conv-gather.h"
#include "conv-planes.h"
#include "conv-winograd-planes.h"
#include "matmul.h"

namespace drishti {
namespace DRISHTI_NS {

// 1x1 filters that read every pixel once: C (dest channels x pixels) = W (dest x source) X (source x pixels), nothing to convert.
// Not for small planes, whose last vectors would be half empty.
static bool is_product(const Gather& g) {
  const auto plain = [](const Axis& a) { return a.taps == 1 && a.phases == 1 && a.move == 1 && a.lead == 0 && a.source == a.dest; };
  const int32_t pixels = g.y.dest * g.x.dest;
  return g.groups == 1 && plain(g.y) && plain(g.x) && (pixels % (2 * LANES) == 0 || pixels >= 16 * LANES);
}
static Gemm product(const Gather& g, const float* source, const float* weight, const float* bias, float* dest) {
  Gemm m = {};
  const int32_t pixels = g.y.dest * g.x.dest;
  m.batch = g.batch;
  m.m = g.dest_channels;
  m.n = pixels;
  m.k = g.source_channels;
  m.a = weight;
  m.b = source;
  m.c = dest;
  m.a_step = {g.lane_stride, g.channel_stride};
  m.b_step = {pixels, 1};
  m.c_step = {pixels, 1};
  m.b_batch = ptrdiff_t(g.source_channels) * pixels;
  m.c_batch = ptrdiff_t(g.dest_channels) * pixels;
  m.row_bias = bias;
  return m;
}

static void run(const Gather& g, void* const* buffers, Context& context) {
  const float* source = in<float>(buffers, 0);
  const float* weight = in<float>(buffers, 1);
  const float* bias = in<float>(buffers, 2);
  float* dest = out<float>(buffers, 3);
  if (is_product(g)) run_gemm(product(g, source, weight, bias, dest), context);
  else if (use_planes(g)) run_planes(g, source, weight, bias, dest, context);
  else run_gather(g, source, weight, bias, dest, context);
}
static ScratchNeed scratch(const Gather& g) {
  if (is_product(g)) return gemm_scratch(product(g, nullptr, nullptr, nullptr, nullptr));
  if (use_planes(g)) {
    const PlanesPlan plan(g);
    return {plan.per_thread, plan.shared};
  }
  const GatherPlan plan(g);
  return {plan.per_thread, plan.shared};
}

static int32_t conv2d(const Conv2dF32Params& p, void* const* buffers, Context& context) {
  if (winograd_pays(p)) run_winograd_planes(p, false, buffers, context);
  else run(forward_gather(p), buffers, context);
  return 0;
}
static ScratchNeed conv2d_scratch(const Conv2dF32Params& p, int32_t) { return winograd_pays(p) ? winograd_planes_scratch(p, false) : scratch(forward_gather(p)); }

static int32_t conv2d_backward_input(const Conv2dBackwardInputF32Params& p, void* const* buffers, Context& context) {
  if (winograd_pays(p)) run_winograd_planes(p, true, buffers, context);
  else run(backward_gather(p), buffers, context);
  return 0;
}
static ScratchNeed conv2d_backward_input_scratch(const Conv2dBackwardInputF32Params& p, int32_t) {
  return winograd_pays(p) ? winograd_planes_scratch(p, true) : scratch(backward_gather(p));
}

DRISHTI_KERNEL_SCRATCH(conv2d_f32, conv2d, conv2d_scratch)
DRISHTI_KERNEL_SCRATCH(conv2d_backward_input_f32, conv2d_backward_input, conv2d_backward_input_scratch)

}  // namespace DRISHTI_NS
}  // namespace drishti
