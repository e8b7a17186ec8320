// conv2d_fused: convolution with scale and bias by channel, residual, ReLU and max-pool, in NCHW or NHWC on either side.
// Reference: packages/core/src/kernels/reference/fused.ts.
#include "conv-depthwise.h"

namespace drishti {
namespace DRISHTI_NS {

struct FusedForward {
  Gather g;
  Source source;
  Tail tail;
  FusedForward(const Conv2dFusedF32Params& p, void* const* buffers)
      : g(forward_gather(p)), source(in<float>(buffers, 0), Place(p.inLayout, p.inChannels, p.inHeight, p.inWidth, p.inBorder)),
        tail(out<float>(buffers, 5), Place(p.outLayout, p.outChannels, p.outHeight / p.poolHeight, p.outWidth / p.poolWidth, p.outBorder)) {
    g.y.dest = p.outHeight / p.poolHeight * p.poolHeight;
    g.x.dest = p.outWidth / p.poolWidth * p.poolWidth;
    tail.relu = p.relu != 0;
    tail.six = p.relu == 2;
    tail.pool_height = p.poolHeight;
    tail.pool_width = p.poolWidth;
    tail.scale = in<float>(buffers, 2);
    tail.bias = in<float>(buffers, 3);
    tail.residual = in<float>(buffers, 4);
    tail.residual_place = Place(p.outLayout, p.outChannels, p.outHeight, p.outWidth, p.residualBorder);
    tail.index = out<uint8_t>(buffers, 6);
  }
};

static int32_t conv2d_fused(const Conv2dFusedF32Params& p, void* const* buffers, Context& context) {
  const FusedForward call(p, buffers);
  const DepthwisePlan depthwise(call.g, call.source, call.tail);
  if (depthwise.fits && p.panel <= 0) run_depthwise(call.g, depthwise, call.source, call.tail, in<float>(buffers, 1), context);
  else run_nhwc(call.g, call.source, call.tail, {in<float>(buffers, 1), p.panel, p.inLayout == 0}, context, context.shared);
  return 0;
}
static ScratchNeed conv2d_fused_scratch(const Conv2dFusedF32Params& p, int32_t) {
  void* const none[7] = {};
  const FusedForward call(p, none);
  const NhwcPlan plan(call.g, call.source, call.tail);
  const DepthwisePlan depthwise(call.g, call.source, call.tail);  // which of them is used also depends on the operands there are
  return {plan.per_thread > depthwise.per_thread ? plan.per_thread : depthwise.per_thread, plan.shared > depthwise.shared ? plan.shared : depthwise.shared};
}
DRISHTI_KERNEL_SCRATCH(conv2d_fused_f32, conv2d_fused, conv2d_fused_scratch)

}  // namespace DRISHTI_NS
}  // namespace drishti
