// conv2d_winograd: conv2d_fused for 3x3 kernels with stride 1 or 2, and the input's gradient of the latter, by Winograd's algorithm;
// and the packing of their weights.
// Reference: packages/core/src/kernels/reference/winograd.ts.
#include "conv-fused-forward.h"
#include "conv-winograd-pack.h"
#include "conv-winograd.h"

namespace drishti {
namespace DRISHTI_NS {

struct WinogradForward : FusedForward {
  WinogradForward(const Conv2dWinogradF32Params& p, void* const* buffers, const float* mask) : FusedForward(p, Buffers(buffers).fused) {
    if (p.backward) {
      g.y = backward_axis(p.outHeight, p.inHeight, 3, p.strideHeight, p.padTop, 1);
      g.x = backward_axis(p.outWidth, p.inWidth, 3, p.strideWidth, p.padLeft, 1);
    }
    source.output = mask;
    source.output_place = Place(p.inLayout, p.inChannels, p.inHeight, p.inWidth, p.maskBorder);
  }

 private:
  struct Buffers {
    void* fused[7];
    explicit Buffers(void* const* b) : fused{b[0], b[1], nullptr, b[2], b[3], b[5], b[6]} {}
  };
};

static int32_t conv2d_winograd(const Conv2dWinogradF32Params& p, void* const* buffers, Context& context) {
  const WinogradForward call(p, buffers, in<float>(buffers, 4));
  run_winograd(call.g, call.source, call.tail, in<float>(buffers, 1), p.panel, p.tile, context);
  return 0;
}
static ScratchNeed conv2d_winograd_scratch(const Conv2dWinogradF32Params& p, int32_t) {
  void* const none[7] = {};
  const float some = 0;
  const WinogradForward masked(p, none, &some), plain(p, none, nullptr);  // which of them is not known here
  const WinogradPlan a(masked.g, masked.source, masked.tail, p.panel, p.tile), b(plain.g, plain.source, plain.tail, p.panel, p.tile);
  return {a.per_thread > b.per_thread ? a.per_thread : b.per_thread, a.shared};
}
DRISHTI_KERNEL_SCRATCH(conv2d_winograd_f32, conv2d_winograd, conv2d_winograd_scratch)

static int32_t conv2d_winograd_pack(const Conv2dWinogradPackF32Params& p, void* const* buffers, Context& context) {
  winograd_pack(p, in<float>(buffers, 0), in<float>(buffers, 1), out<float>(buffers, 2), context);
  return 0;
}
DRISHTI_KERNEL_EXACT(conv2d_winograd_pack_f32, conv2d_winograd_pack)

}  // namespace DRISHTI_NS
}  // namespace drishti
