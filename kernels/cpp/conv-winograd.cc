// conv2d_winograd: conv2d_fused for 3x3 kernels with stride 1, by Winograd's algorithm; and the packing of its weights.
// Reference: packages/core/src/kernels/reference/winograd.ts.
#include "conv-fused-forward.h"
#include "conv-winograd.h"

namespace drishti {
namespace DRISHTI_NS {

struct WinogradForward : FusedForward {
  WinogradForward(const Conv2dWinogradF32Params& p, void* const* buffers, const float* mask) : FusedForward(p, Buffers(buffers).fused) {
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
  run_winograd(call.g, call.source, call.tail, in<float>(buffers, 1), p.panel, context);
  return 0;
}
static ScratchNeed conv2d_winograd_scratch(const Conv2dWinogradF32Params& p, int32_t) {
  void* const none[7] = {};
  const float some = 0;
  const WinogradForward masked(p, none, &some), plain(p, none, nullptr);  // which of them is not known here
  const WinogradPlan a(masked.g, masked.source, masked.tail, p.panel), b(plain.g, plain.source, plain.tail, p.panel);
  return {a.per_thread > b.per_thread ? a.per_thread : b.per_thread, a.shared};
}
DRISHTI_KERNEL_SCRATCH(conv2d_winograd_f32, conv2d_winograd, conv2d_winograd_scratch)

// A chunk is one block. W lanes of it at a time, FILTERS channels of them turned so that lanes are side by side.
template <int W> static void winograd_pack_block(const Conv2dWinogradPackF32Params& p, int32_t block, const float* weight, const float* scale, float* to, ptrdiff_t step) {
  constexpr int32_t FILTERS = 8;
  const bool transposed = p.transposed != 0;
  const ptrdiff_t of_output = transposed ? 9 : ptrdiff_t(p.inChannels) * 9, of_channel = transposed ? ptrdiff_t(p.outChannels) * 9 : 9;
  for (int32_t c = 0; c < p.inChannels; c += FILTERS) {
    const int32_t channels = lesser(FILTERS, p.inChannels - c);
    for (int32_t lane = 0; lane < p.panel; lane += W) {
      const int32_t first = block * p.panel + lane, wide = lesser(W, p.panel - lane), live = clamp_to(p.outChannels - first, 0, wide);
      alignas(64) float filters[FILTERS * 9 * W] = {}, factors[W] = {}, terms[TERMS * W];
      const float* from = weight + first * of_output + c * of_channel;
      if (live == 0) {}
      else if (!transposed) transpose(from, of_output, live, channels * 9, filters, W);
      else
        for (int32_t i = 0; i < channels; ++i) transpose(from + i * of_channel, 9, live, 9, filters + i * 9 * W, W);
      if (scale && live > 0) copy_row(factors, scale + first, live);
      for (int32_t i = 0; i < channels; ++i) {
        float* const at = to + ptrdiff_t(c + i) * p.panel + lane;
        const float* const filter = filters + i * 9 * W;
        if (wide == W) winograd_weights<W>(filter, transposed, scale ? factors : nullptr, at, step);
        else {
          winograd_weights<W>(filter, transposed, scale ? factors : nullptr, terms, W);
          for (int32_t term = 0; term < TERMS; ++term) copy_row(at + term * step, terms + term * W, wide);
        }
      }
    }
  }
}

static int32_t conv2d_winograd_pack(const Conv2dWinogradPackF32Params& p, void* const* buffers, Context& context) {
  const float* weight = in<float>(buffers, 0);
  const float* scale = in<float>(buffers, 1);
  float* packed = out<float>(buffers, 2);
  if (p.panel <= 0) return 0;
  const int32_t blocks = ceil_div(p.outChannels, p.panel);
  const ptrdiff_t panel = ptrdiff_t(p.inChannels) * p.panel;
  context.each(blocks, [&](int32_t block, int32_t) {
    (p.panel <= LANES ? &winograd_pack_block<LANES> : &winograd_pack_block<2 * LANES>)(p, block, weight, scale, packed + block * panel, blocks * panel);
  });
  return 0;
}
DRISHTI_KERNEL_EXACT(conv2d_winograd_pack_f32, conv2d_winograd_pack)

}  // namespace DRISHTI_NS
}  // namespace drishti
