// conv2d_winograd: conv2d_fused for 3x3 kernels with stride 1, by Winograd's algorithm; and the packing of its weights.
// Reference: packages/core/src/kernels/reference/winograd.ts.
#include "conv-fused-forward.h"
#include "conv-winograd.h"

namespace drishti {
namespace DRISHTI_NS {

static int32_t conv2d_winograd(const Conv2dWinogradF32Params& p, void* const* buffers, Context& context) {
  void* const fused[7] = {buffers[0], buffers[1], nullptr, buffers[2], buffers[3], buffers[4], buffers[5]};
  const FusedForward call(p, fused);
  run_winograd(call.g, call.source, call.tail, in<float>(buffers, 1), p.panel, context);
  return 0;
}
static ScratchNeed conv2d_winograd_scratch(const Conv2dWinogradF32Params& p, int32_t) {
  void* const none[7] = {};
  const FusedForward call(p, none);
  const WinogradPlan plan(call.g, call.source, call.tail, p.panel);
  return {plan.per_thread, plan.shared};
}
DRISHTI_KERNEL_SCRATCH(conv2d_winograd_f32, conv2d_winograd, conv2d_winograd_scratch)

// A chunk is one block.
static int32_t conv2d_winograd_pack(const Conv2dWinogradPackF32Params& p, void* const* buffers, Context& context) {
  const float* weight = in<float>(buffers, 0);
  const float* scale = in<float>(buffers, 1);
  float* packed = out<float>(buffers, 2);
  if (p.panel <= 0) return 0;
  const int32_t blocks = ceil_div(p.outChannels, p.panel);
  const ptrdiff_t panel = ptrdiff_t(p.inChannels) * p.panel, step = blocks * panel;
  context.each(blocks, [&](int32_t block, int32_t) {
    float* to = packed + block * panel;
    const ptrdiff_t of_output = p.transposed ? 9 : ptrdiff_t(p.inChannels) * 9, of_channel = p.transposed ? ptrdiff_t(p.outChannels) * 9 : 9;
    const int32_t first = block * p.panel, live = lesser(p.panel, p.outChannels - first);
    for (int32_t c = 0; c < p.inChannels; ++c, to += p.panel) {
      for (int32_t i = 0; i < live; i += FILTERS)
        winograd_weights(weight + (first + i) * of_output + c * of_channel, of_output, p.transposed != 0, scale ? scale + first + i : nullptr, lesser(FILTERS, live - i), to + i, step);
      for (int32_t term = 0; live < p.panel && term < TERMS; ++term) zero_row(to + term * step + live, p.panel - live);
    }
  });
  return 0;
}
DRISHTI_KERNEL_EXACT(conv2d_winograd_pack_f32, conv2d_winograd_pack)

}  // namespace DRISHTI_NS
}  // namespace drishti
