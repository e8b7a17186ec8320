// conv2d_winograd_backward_weight: conv2d_fused_backward's weight and bias gradients for 3x3 kernels with stride 1 or 2 without a pool.
// Reference: packages/core/src/kernels/reference/winograd.ts.
#include "conv-winograd-weight.h"

namespace drishti {
namespace DRISHTI_NS {

struct WinogradBackward {
  FusedShape shape;
  Source gradient, input;
  WinogradBackward(const Conv2dWinogradBackwardWeightF32Params& p, void* const* buffers, const float* output)
      : shape{p.batch, p.inChannels, p.outChannels, 1, p.inHeight, p.inWidth, p.outHeight, p.outWidth, 3, 3, p.strideHeight, p.strideWidth, p.padTop, p.padLeft, 1, 1},
        gradient(in<float>(buffers, 0), Place(p.outLayout, p.outChannels, p.outHeight, p.outWidth, p.gradBorder)),
        input(in<float>(buffers, 2), Place(p.inLayout, p.inChannels, p.inHeight, p.inWidth, p.inBorder)) {
    if (p.relu) gradient.output = output;
    gradient.output_place = Place(p.outLayout, p.outChannels, p.outHeight, p.outWidth, p.outBorder);
  }
};

static int32_t conv2d_winograd_backward_weight(const Conv2dWinogradBackwardWeightF32Params& p, void* const* buffers, Context& context) {
  const WinogradBackward call(p, buffers, in<float>(buffers, 1));
  run_winograd_weight(call.shape, call.input, call.gradient, p.tile, out<float>(buffers, 3), out<float>(buffers, 4), context);
  return 0;
}
static ScratchNeed conv2d_winograd_backward_weight_scratch(const Conv2dWinogradBackwardWeightF32Params& p, int32_t) {
  void* const none[5] = {};
  const float some = 0;
  const WinogradBackward masked(p, none, &some), plain(p, none, nullptr);  // which of them is not known here
  const WinogradWeightPlan a(masked.shape, masked.input, masked.gradient, p.tile), b(plain.shape, plain.input, plain.gradient, p.tile);
  return {a.per_thread > b.per_thread ? a.per_thread : b.per_thread, a.shared};
}
DRISHTI_KERNEL_SCRATCH(conv2d_winograd_backward_weight_f32, conv2d_winograd_backward_weight, conv2d_winograd_backward_weight_scratch)

}  // namespace DRISHTI_NS
}  // namespace drishti
