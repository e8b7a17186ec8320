// 3x3 filters transformed for conv-winograd.h: [number of the filter][block of lanes][channel][lane].
#pragma once
#include "conv-winograd-kind.h"
#include "kernel.h"
#include "matmul-transpose.h"

namespace drishti {
namespace DRISHTI_NS {

// A chunk is one block. W lanes of it at a time, FILTERS channels of them turned so that lanes are side by side.
template <class K, int W> static void winograd_pack_block(const Conv2dWinogradPackF32Params& p, int32_t block, const float* weight, const float* scale, float* to, ptrdiff_t step) {
  constexpr int32_t FILTERS = 8, NUMBERS = K::WEIGHTS * K::WEIGHTS;
  const bool transposed = p.transposed != 0, turned = K::TURNS && transposed;
  const ptrdiff_t of_output = transposed ? 9 : ptrdiff_t(p.inChannels) * 9, of_channel = transposed ? ptrdiff_t(p.outChannels) * 9 : 9;
  for (int32_t c = 0; c < p.inChannels; c += FILTERS) {
    const int32_t channels = lesser(FILTERS, p.inChannels - c);
    for (int32_t lane = 0; lane < p.panel; lane += W) {
      const int32_t first = block * p.panel + lane, wide = lesser(W, p.panel - lane), live = clamp_to(p.outChannels - first, 0, wide);
      alignas(64) float filters[FILTERS * 9 * W] = {}, factors[W] = {}, terms[NUMBERS * W];
      const float* from = weight + first * of_output + c * of_channel;
      if (live == 0) {}
      else if (!transposed) transpose(from, of_output, live, channels * 9, filters, W);
      else
        for (int32_t i = 0; i < channels; ++i) transpose(from + i * of_channel, 9, live, 9, filters + i * 9 * W, W);
      if (scale && live > 0) copy_row(factors, scale + first, live);
      for (int32_t i = 0; i < channels; ++i) {
        float* const at = to + ptrdiff_t(c + i) * p.panel + lane;
        const float* const filter = filters + i * 9 * W;
        if (wide == W) winograd_weights<K, W>(filter, turned, scale ? factors : nullptr, at, step);
        else {
          winograd_weights<K, W>(filter, turned, scale ? factors : nullptr, terms, W);
          for (int32_t term = 0; term < NUMBERS; ++term) copy_row(at + term * step, terms + term * W, wide);
        }
      }
    }
  }
}

static void winograd_pack(const Conv2dWinogradPackF32Params& p, const float* weight, const float* scale, float* packed, Context& context) {
  if (p.panel <= 0) return;
  const int32_t blocks = ceil_div(p.outChannels, p.panel);
  const ptrdiff_t panel = ptrdiff_t(p.inChannels) * p.panel;
  context.each(blocks, [&](int32_t block, int32_t) {
    const bool narrow = p.panel <= LANES;
    const auto pack = [&](auto tag) {
      using K = typename decltype(tag)::Kind;
      (narrow ? &winograd_pack_block<K, LANES> : &winograd_pack_block<K, 2 * LANES>)(p, block, weight, scale, packed + block * panel, blocks * panel);
    };
    if (p.stride == 2) pack(KindTag<Halving>{});
    else if (p.tile == 4) pack(KindTag<UnitStride<4>>{});
    else pack(KindTag<UnitStride<2>>{});
  });
}

}  // namespace DRISHTI_NS
}  // namespace drishti
