// conv2d: cross-correlation of NCHW images with OIHW filters, and its gradient with respect to the input, which is also the
// forward pass of a transposed convolution (then with a bias for each input channel). Any stride, padding, dilation, groups.
// Dense groups go through conv-gather.h; groups narrower than a vector through conv-lanes.h.
// Reference: packages/core/src/kernels/reference.
#include "conv-gather.h"

namespace drishti {
namespace DRISHTI_NS {

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

static ScratchNeed gather_scratch(const Gather& g) {
  const GatherPlan plan(g);
  return {plan.per_thread, plan.shared};
}

static int32_t conv2d(const Conv2dF32Params& p, void* const* buffers, Context& context) {
  run_gather(forward_gather(p), in<float>(buffers, 0), in<float>(buffers, 1), in<float>(buffers, 2), out<float>(buffers, 3), context);
  return 0;
}
static ScratchNeed conv2d_scratch(const Conv2dF32Params& p, int32_t) { return gather_scratch(forward_gather(p)); }

static int32_t conv2d_backward_input(const Conv2dBackwardInputF32Params& p, void* const* buffers, Context& context) {
  run_gather(backward_gather(p), in<float>(buffers, 0), in<float>(buffers, 1), in<float>(buffers, 2), out<float>(buffers, 3), context);
  return 0;
}
static ScratchNeed conv2d_backward_input_scratch(const Conv2dBackwardInputF32Params& p, int32_t) {
  return gather_scratch(backward_gather(p));
}

DRISHTI_KERNEL_SCRATCH(conv2d_f32, conv2d, conv2d_scratch)
DRISHTI_KERNEL_SCRATCH(conv2d_backward_input_f32, conv2d_backward_input, conv2d_backward_input_scratch)

}  // namespace DRISHTI_NS
}  // namespace drishti
