// conv2d_fused: convolution with scale and bias by channel, residual, ReLU and max-pool, in NCHW or NHWC on either side.
// Reference: packages/core/src/kernels/reference/fused.ts.
#include "conv-depthwise.h"
#include "conv-fused-forward.h"

namespace drishti {
namespace DRISHTI_NS {

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
