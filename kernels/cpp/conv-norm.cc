// conv2d_norm_train: a convolution and the batch norm by batch statistics behind it, with residual, ReLU and max-pool. The
// statistics are taken while the convolution's result is in L1; what is left of batch norm is one pass that normalises.
//
// With rawPooled the pool comes first: batch norm is monotone in each channel, so the value that wins before it wins behind it.
// Then only a quarter is written and normalised. Where values that differ before are equal behind, by rounding, the larger wins.
// Reference: packages/core/src/kernels/reference/fused.ts.
#include "conv-nhwc.h"
#include "norm-apply.h"

namespace drishti {
namespace DRISHTI_NS {

using ConvNormParams = Conv2dNormTrainF32Params;

struct ConvNorm {
  Gather g;
  Source source;
  Tail tail;
  MomentSlots moments;
  ConvNorm(const ConvNormParams& p, void* const* buffers)
      : g(forward_gather(p)), source(in<float>(buffers, 0), Place(p.inLayout, p.inChannels, p.inHeight, p.inWidth, p.inBorder)),
        tail(out<float>(buffers, 7), Place(1, p.outChannels, p.outHeight / pool_of(p), p.outWidth / pool_of(p), 0)), moments{nullptr, nullptr} {
    tail.bias = in<float>(buffers, 2);
    tail.moments = &moments;
    if (!p.rawPooled) return;
    tail.pool_height = tail.pool_width = 2;
    g.y.dest = p.outHeight / 2 * 2;
    g.x.dest = p.outWidth / 2 * 2;
    tail.index = out<uint8_t>(buffers, 11);
  }
  ConvNorm(const ConvNorm&) = delete;
  static int32_t pool_of(const ConvNormParams& p) { return p.rawPooled ? 2 : 1; }
};

// Where things are in the shared scratch, behind the convolution's own.
struct ConvNormScratch {
  size_t slots_at, coefficients_at, signs_at, shared;
  ConvNormScratch(const NhwcPlan& plan, int32_t channels) {
    slots_at = round_up(plan.shared, 128);
    coefficients_at = slots_at + size_t(plan.slots()) * 2 * channels * 8;
    signs_at = coefficients_at + size_t(channels) * 16;
    shared = signs_at + size_t(channels) * 4;
  }
};

// Normalises pooled values and rectifies them; `index` learns which are dead.
static void apply_pooled(const ConvNormParams& p, const NormCoefficients& k, const float* raw, float* output, uint8_t* index, Context& context) {
  const Place from(1, p.outChannels, p.outHeight / 2, p.outWidth / 2, 0), to(p.outLayout, p.outChannels, from.height, from.width, p.outBorder);
  const NormRows rows(p.batch, from.height, from.row);
  const bool relu = p.relu != 0;
  context.each(rows.count, [&](int32_t chunk, int32_t thread) {
    float* tile = context.scratch_of<float>(thread);
    for (int32_t row = chunk * rows.step; row < lesser((chunk + 1) * rows.step, rows.rows); ++row) {
      const int32_t n = row / from.height, y = row % from.height, channels = from.channels;
      const float* x = raw + from.at(n, y, 0);
      uint8_t* bytes = index ? index + ptrdiff_t(row) * from.width * channels : nullptr;
      float* dest = to.nhwc ? output + to.at(n, y, 0) : tile;
      for (int32_t i = 0; i < from.width; ++i)
        for (int32_t c = 0; c < channels; c += LANES) {
          const int32_t live = channels - c;
          const ptrdiff_t at = ptrdiff_t(i) * channels + c;
          F v = fma(load_some(x + at, live) - load_some(k.mean + c, live), load_some(k.scale + c, live), load_some(k.shift + c, live));
          if (relu) {
            const I dead = v <= 0.0f;
            v = select(dead, F{}, v);
            if (bytes) store_bytes(bytes + at, select(dead, I{} + 4, load_bytes(bytes + at, live)), live);
          }
          store_some(dest + at, v, live);
        }
      if (to.nhwc) zero_border(output, to, n, y, y + 1);
      else transpose(tile, channels, from.width, channels, output + to.at(n, y, 0), to.channel);
    }
  });
}

static int32_t conv2d_norm_train(const ConvNormParams& p, void* const* buffers, Context& context) {
  ConvNorm call(p, buffers);
  const float* weight = in<float>(buffers, 3);
  const NhwcPlan plan(call.g, call.source, call.tail);
  const ConvNormScratch scratch(plan, p.outChannels);
  double* slots = reinterpret_cast<double*>(context.shared + scratch.slots_at);
  const NormCoefficients k(reinterpret_cast<float*>(context.shared + scratch.coefficients_at), p.outChannels);
  call.moments.slots = slots;
  if (weight && p.rawPooled) {
    float* signs = reinterpret_cast<float*>(context.shared + scratch.signs_at);
    for (int32_t c = 0; c < p.outChannels; ++c) signs[c] = weight[c] > 0 ? 1.0f : weight[c] < 0 ? -1.0f : 0.0f;
    call.moments.sign = signs;
  }
  run_nhwc(call.g, call.source, call.tail, {in<float>(buffers, 1)}, context, context.shared);
  finish_statistics(slots, plan.slots(), p.outChannels, [&](int32_t slot) { return plan.pixels_of(call.g, slot); },
                    {weight, in<float>(buffers, 4), p.eps, out<float>(buffers, 8), out<float>(buffers, 9), out<float>(buffers, 10)}, k);
  const float* raw = call.tail.out;
  float* output = out<float>(buffers, 6);
  if (p.rawPooled) apply_pooled(p, k, raw, output, call.tail.index, context);
  else {
    const NormTrainParams norm = {p.batch, p.outChannels, p.outHeight, p.outWidth, 0, p.outLayout, p.outBorder, p.relu, p.poolHeight, p.poolWidth, p.residualBorder, p.eps};
    apply_norm(norm, k, raw, in<float>(buffers, 5), output, out<uint8_t>(buffers, 11), context);
  }
  return 0;
}
static ScratchNeed conv2d_norm_train_scratch(const ConvNormParams& p, int32_t) {
  void* const none[12] = {};
  const ConvNorm call(p, none);
  const NhwcPlan plan(call.g, call.source, call.tail);
  const size_t row = size_t(p.outWidth) * p.outChannels * 4;
  return {plan.per_thread > row ? plan.per_thread : row, ConvNormScratch(plan, p.outChannels).shared};
}
DRISHTI_KERNEL_SCRATCH(conv2d_norm_train_f32, conv2d_norm_train, conv2d_norm_train_scratch)

}  // namespace DRISHTI_NS
}  // namespace drishti
